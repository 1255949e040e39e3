import { qemuGuestXml } from './guests.ts';
import type { Lab } from './lab.ts';
import type { LibvirtHost } from './libvirt-host.ts';

/** A virtgraph.yaml that points at a lab. */
export function gatewayConfig(lab: Lab): string {
  const host = (each: LibvirtHost, jump: string | null) => {
    const query = new URLSearchParams({
      keyfile: lab.keys.ed25519,
      known_hosts: lab.knownHosts.right,
      sshauth: 'privkey',
    });
    return [
      `  - name: ${each.name}`,
      `    uri: qemu+ssh://root@${each.address}/system?${decodeURIComponent(query.toString())}`,
      `    labels: { lab: ${lab.name} }`,
      ...(jump === null ? [] : [`    jump: root@${jump}`]),
    ].join('\n');
  };
  const hosts = [
    ...lab.hosts.map((each) => host(each, null)),
    ...lab.innerHosts.map((each) => host(each, lab.jump?.address ?? null)),
  ];
  return `listen: { host: 127.0.0.1, port: 4000 }\nhosts:\n${hosts.join('\n')}\n`;
}

/** What a person needs to use a lab, to be printed. `paths` are files with a configuration and with a guest's XML. */
export function labGuide(lab: Lab, paths: { readonly config: string; readonly guest: string }): string {
  const machines = [...(lab.jump === null ? [] : [lab.jump]), ...lab.hosts, ...lab.innerHosts];
  const [first] = lab.hosts;
  if (first === undefined) throw new RangeError('a lab for people has at least one host');
  const uri = lab.virshUri(first);
  return [
    `lab ${lab.name} in ${lab.folder}`,
    ...machines.map((each) => `  ${each.name.padEnd(6)} ${each.address}`),
    '',
    `a shell on a host:     ${lab.sshCommand} ${first.name}`,
    `virsh over ssh:        virsh -c '${uri}' list --all`,
    `start a guest with it: virsh -c '${uri}' create ${paths.guest}`,
    `a socket without ssh:  ${first.socketPath}`,
    `the gateway for it:    npm start -- --config ${paths.config}`,
    'end it:                npm run lab down',
    '',
  ].join('\n');
}

/** XML of a guest to begin with. */
export function exampleGuest(): string {
  return qemuGuestXml({ name: 'example', macAddresses: ['52:54:00:00:00:01'] });
}
