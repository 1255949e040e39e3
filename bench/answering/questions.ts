/** Twenty fields and the cards of each domain. */
export const domainFields = `id uuid name state stateReason hypervisor osType arch machine persistent autostart
  hasManagedSave vcpus maxVcpus memory maxMemory title description version stale
  interfaces { macAddress type source model target tapMacAddress }`;
