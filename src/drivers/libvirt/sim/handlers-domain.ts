import type { ArgsOf } from '../rpc/procedures.ts';
import { createFlags, defineFlags, destroyFlags } from '../rpc/procedures-domain.ts';
import type { CallContext, Handler } from './call-context.ts';
import { attachDevice, detachDevice, impactOf } from './devices.ts';
import { defineDomain, findDomain, setAutostart, undefineDomain } from './domain-store.ts';
import { checkFlags, failure } from './failure.ts';
import { unsupported } from './handlers-connect.ts';
import { refOf, type SimDomain, type SimHost } from './host.ts';
import * as lifecycle from './lifecycle.ts';
import { useMonitor } from './monitor.ts';
import type { Personality } from './personality.ts';

type ChangeName =
  | 'domainCreateWithFlags'
  | 'domainShutdownFlags'
  | 'domainReboot'
  | 'domainReset'
  | 'domainDestroyFlags'
  | 'domainSuspend'
  | 'domainResume'
  | 'domainDefineXmlFlags'
  | 'domainUndefineFlags'
  | 'domainSetAutostart'
  | 'domainAttachDeviceFlags'
  | 'domainDetachDeviceFlags';

export const domainHandlers: { readonly [N in ChangeName]: Handler<N> } = {
  domainCreateWithFlags({ host }, { domain: ref, flags }) {
    check(host, flags, 'create', 'DomainCreateWithFlags');
    const domain = findDomain(host, ref);
    const paused = (flags & createFlags.PAUSED) !== 0;
    lifecycle.startDomain(host, domain, { paused, forceBoot: (flags & createFlags.FORCE_BOOT) !== 0 });
    // The driver of containers does not fill in the new id.
    const id = host.personality.libvirtIds === 'process' ? -1 : domain.libvirtId;
    return { domain: { ...refOf(domain), id } };
  },
  async domainShutdownFlags({ host, procedure }, { domain: ref, flags }) {
    check(host, flags, 'shutdown', 'DomainShutdownFlags');
    const domain = findDomain(host, ref);
    await askGuest({ host, procedure, domain, flags }, lifecycle.shutdownDomain);
    return null;
  },
  async domainReboot({ host, procedure }, { domain: ref, flags }) {
    check(host, flags, 'reboot', 'DomainReboot');
    const domain = findDomain(host, ref);
    lifecycle.requireActive(domain);
    await askGuest({ host, procedure, domain, flags }, lifecycle.rebootDomain);
    return null;
  },
  async domainReset({ host, procedure }, { domain: ref, flags }) {
    if (!host.personality.supports.reset) throw unsupported('virDomainReset');
    checkFlags(flags, 0, `${host.personality.hypervisor}DomainReset`, host.personality.source);
    const domain = findDomain(host, ref);
    await useMonitor(domain, procedure);
    lifecycle.resetDomain(host, domain);
    return null;
  },
  async domainDestroyFlags({ host }, { domain: ref, flags }) {
    check(host, flags, 'destroy', 'DomainDestroyFlags');
    await lifecycle.destroyDomain(host, findDomain(host, ref), (flags & destroyFlags.GRACEFUL) !== 0);
    return null;
  },
  async domainSuspend({ host, procedure }, { domain: ref }) {
    const domain = findDomain(host, ref);
    await useMonitor(domain, procedure);
    lifecycle.suspendDomain(host, domain);
    return null;
  },
  async domainResume({ host, procedure }, { domain: ref }) {
    const domain = findDomain(host, ref);
    await useMonitor(domain, procedure);
    lifecycle.resumeDomain(host, domain);
    return null;
  },
  domainDefineXmlFlags({ host }, { xml, flags }) {
    check(host, flags, 'define', 'DomainDefineXMLFlags');
    return { domain: refOf(defineDomain(host, xml, { validate: (flags & defineFlags.VALIDATE) !== 0 })) };
  },
  domainUndefineFlags({ host }, { domain, flags }) {
    check(host, flags, 'undefine', 'DomainUndefineFlags');
    undefineDomain(host, findDomain(host, domain), flags);
    return null;
  },
  domainSetAutostart({ host }, { domain, autostart }) {
    setAutostart(host, findDomain(host, domain), autostart);
    return null;
  },
  domainAttachDeviceFlags: (context, args) => changeDevice(context, args, 'Attach', attachDevice),
  domainDetachDeviceFlags: (context, args) => changeDevice(context, args, 'Detach', detachDevice),
};

function check(host: SimHost, flags: number, call: keyof Personality['flags'], functionName: string): void {
  const { hypervisor, source, flags: allowed } = host.personality;
  checkFlags(flags, allowed[call], `${hypervisor}${functionName}`, source);
}

/** Bits that shutting down and rebooting share: the guest agent, and the container's own init. */
const askBits = { GUEST_AGENT: 2, INITCTL: 4 } as const;

type Question = Pick<CallContext, 'host' | 'procedure'> & { readonly domain: SimDomain; readonly flags: number };

async function askGuest(
  { host, procedure, domain, flags }: Question,
  ask: (host: SimHost, domain: SimDomain) => void,
): Promise<void> {
  const { hypervisor, source } = host.personality;
  if (hypervisor === 'qemu' && flags & askBits.GUEST_AGENT) {
    throw failure('ARGUMENT_UNSUPPORTED', source, 'QEMU guest agent is not configured');
  }
  if (hypervisor === 'lxc' && flags === askBits.INITCTL) {
    throw failure('OPERATION_UNSUPPORTED', source, 'Container does not provide an initctl pipe');
  }
  await useMonitor(domain, procedure);
  ask(host, domain);
}

async function changeDevice(
  { host, procedure }: CallContext,
  { domain: ref, xml, flags }: ArgsOf<'domainAttachDeviceFlags'>,
  verb: 'Attach' | 'Detach',
  change: typeof attachDevice,
): Promise<null> {
  const { hypervisor, source, supports } = host.personality;
  if (!supports.devices) throw unsupported(`virDomain${verb}DeviceFlags`);
  checkFlags(flags, 3, `${hypervisor}Domain${verb}DeviceLiveAndConfig`, source);
  const domain = findDomain(host, ref);
  if (impactOf(domain, flags).live) await useMonitor(domain, procedure);
  // What it affects is looked at again: the guest may have stopped meanwhile.
  change(host, domain, xml, impactOf(domain, flags));
  return null;
}
