/** Decides on the key of a host's SSH server, for the layers that do not know SSH. */
import { VirtgraphError, withHost } from '../errors.ts';
import type { HostTarget } from '../model/target.ts';
import type { SshDependencies } from '../ssh/connection.ts';
import { type TrustedHostKey, type TrustRequest, trustHostKey } from '../ssh/trust-host-key.ts';

export type { TrustedHostKey, TrustRequest };

/** As `trustHostKey` of src/ssh; @throws also UNSUPPORTED for a host that is reached without SSH. */
export async function trustKeyOfHost(
  target: HostTarget,
  request: TrustRequest,
  deps: SshDependencies,
  options: { readonly signal: AbortSignal },
): Promise<TrustedHostKey> {
  const { name, transport } = target;
  try {
    if (transport.kind === 'ssh') return await trustHostKey(transport.ssh, request, deps, options);
  } catch (error) {
    throw withHost(error, name);
  }
  throw new VirtgraphError('UNSUPPORTED', `${name} is reached without SSH, so it has no host key.`, { host: name });
}
