import type { ProcedureName } from '../rpc/procedures.ts';

/** The functions of libvirt's API behind those procedures that it refuses by name. */
export const apiNames: Partial<Record<ProcedureName, string>> = {
  domainCreateWithFlags: 'virDomainCreateWithFlags',
  domainShutdownFlags: 'virDomainShutdownFlags',
  domainReboot: 'virDomainReboot',
  domainReset: 'virDomainReset',
  domainDestroyFlags: 'virDomainDestroyFlags',
  domainSuspend: 'virDomainSuspend',
  domainResume: 'virDomainResume',
  domainDefineXmlFlags: 'virDomainDefineXMLFlags',
  domainUndefineFlags: 'virDomainUndefineFlags',
  domainSetAutostart: 'virDomainSetAutostart',
  domainAttachDeviceFlags: 'virDomainAttachDeviceFlags',
  domainDetachDeviceFlags: 'virDomainDetachDeviceFlags',
  domainAbortJob: 'virDomainAbortJob',
  domainBlockJobAbort: 'virDomainBlockJobAbort',
};
