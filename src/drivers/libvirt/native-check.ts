/** Has the host judge a configuration that nobody has defined yet, by having it say how it would run it. */
import { VirtgraphError } from '../../errors.ts';
import type { HostFacts } from '../../model/host.ts';
import type { CallOptions } from '../driver.ts';
import { isAnyLibvirtError, isLibvirtError } from './errors.ts';
import type { Lanes } from './lanes.ts';
import { procedures } from './rpc/procedures.ts';

/** What each driver can turn a domain's XML into, by `virConnectGetType`. Others are not asked. */
const nativeFormats: Readonly<Record<string, string>> = { QEMU: 'qemu-argv', Xen: 'xen-xl', BHYVE: 'bhyve-argv' };

/**
 * False: the host cannot judge. What it would run is thrown away: it may hold what only the host should know.
 * @throws BAD_USER_INPUT in libvirt's words
 */
export async function checkDomainXml(
  lanes: Lanes,
  { driverType }: Pick<HostFacts, 'driverType'>,
  xml: string,
  options: CallOptions,
): Promise<boolean> {
  const nativeFormat = nativeFormats[driverType];
  if (nativeFormat === undefined) return false;
  try {
    await lanes.call(procedures.connectDomainXmlToNative, { nativeFormat, domainXml: xml, flags: 0 }, options);
    return true;
  } catch (error) {
    if (isLibvirtError(error, 'NO_SUPPORT', 'OPERATION_DENIED', 'ACCESS_DENIED', 'AUTH_UNAVAILABLE')) return false;
    if (!isAnyLibvirtError(error)) throw error;
    throw new VirtgraphError('BAD_USER_INPUT', `The host would not run this: ${error.message}`, {
      ...error.detail,
      outcome: 'NOT_SENT',
      cause: error,
    });
  }
}
