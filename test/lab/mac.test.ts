import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gateway, hostEntry, openGateway } from './gateway.ts';
import { qemuGuestXml } from './guests.ts';
import { type Lab, openLab } from './lab.ts';
import type { LibvirtHost } from './libvirt-host.ts';
import { hostNamed } from './pick.ts';
import { readTable } from './virsh-output.ts';
import { waitFor } from './wait.ts';

let lab: Lab;
let h1: LibvirtHost;
let h2: LibvirtHost;
let gateway: Gateway;

beforeAll(async () => {
  lab = await openLab({ hosts: 2, hostKeyTypes: ['ed25519'], purpose: 'mac.test.ts' });
  h1 = hostNamed(lab, 'h1');
  h2 = hostNamed(lab, 'h2');
  gateway = await openGateway(lab, { hosts: [hostEntry(lab, h1), hostEntry(lab, h2)] });
  await gateway.ready('h1', 'h2');
});

afterAll(async () => {
  await gateway?.close();
  await lab?.close();
});

interface Interface {
  readonly macAddress: string;
  readonly target: string | null;
  readonly tapMacAddress: string | null;
  readonly observedTapMacAddress: string | null;
  readonly tapNote: string | null;
}

interface Attached {
  readonly attachInterface: {
    readonly macAddress: string;
    readonly interface: Interface | null;
    readonly warnings: readonly string[];
  };
}

const interfaceFields = 'macAddress target tapMacAddress observedTapMacAddress tapNote';
const pathOf = (host: string, name: string) => ({ path: { host, name } });

/** Defines and starts a guest through the API, as a user would. */
async function run(host: LibvirtHost, name: string, ...macAddresses: readonly string[]): Promise<void> {
  const define = `mutation ($host: String!, $xml: String!) { defineDomain(input: { host: $host, xml: $xml }) { summary } }`;
  await gateway.data(define, { host: host.name, xml: qemuGuestXml({ name, macAddresses }) });
  const start = `mutation ($domain: DomainRef!) { startDomain(input: { domain: $domain }) { domain { state } } }`;
  await gateway.data(start, { domain: pathOf(host.name, name) });
}

async function interfaces(host: string, name: string): Promise<readonly Interface[]> {
  const query = `query ($by: DomainRef!) { domain(by: $by) { interfaces { ${interfaceFields} } } }`;
  const answer = await gateway.data<{ domain: { interfaces: readonly Interface[] } }>(query, {
    by: pathOf(host, name),
  });
  return answer.domain.interfaces;
}

const attachQuery = `mutation ($input: AttachInterfaceInput!) {
  attachInterface(input: $input) { macAddress warnings interface { ${interfaceFields} } } }`;
const attachInput = (host: string, name: string, more: object = {}) => ({
  input: { domain: pathOf(host, name), source: { network: 'default' }, ...more },
});

describe('the tap of a guest that runs', () => {
  test.each([
    ['52:54:00:a1:00:01', 'fe:54:00:a1:00:01'],
    ['fe:54:00:a1:00:02', 'fa:54:00:a1:00:02'],
    ['00:16:3e:a1:00:03', 'fe:16:3e:a1:00:03'],
    ['fa:54:00:a1:00:04', 'fe:54:00:a1:00:04'],
  ])('with %s has %s: derived, told by libvirt, and shown by the kernel', async (macAddress, tapMacAddress) => {
    const name = `tap-${macAddress.slice(-2)}`;
    await run(h1, name, macAddress);
    const [row] = readTable(await h1.virsh('domiflist', name));
    const target = row?.['Interface'] ?? '';
    expect(await h1.deviceMacAddress(target)).toBe(tapMacAddress);
    const seen = await waitFor('libvirt to know the tap', async () => {
      const [nic] = await interfaces('h1', name);
      return nic?.observedTapMacAddress && nic;
    });
    expect(seen).toEqual({ macAddress, target, tapMacAddress, observedTapMacAddress: tapMacAddress, tapNote: null });
  });

  test('is said to be none where libvirt makes none', async () => {
    const nics = `<interface type='user'><mac address='52:54:00:a1:00:05'/></interface>
      <interface type='direct'><mac address='52:54:00:a1:00:06'/><source dev='eth0' mode='bridge'/></interface>`;
    await h1.virshXml(qemuGuestXml({ name: 'tapless' }).replace('<console', `${nics}<console`), 'create');
    const seen = await waitFor('the guest', async () => {
      const query = `query ($by: DomainRef!) { domain(by: $by) { interfaces { tapMacAddress tapNote target macAddress } } }`;
      type Found = { domain: { interfaces: readonly Interface[] } | null };
      const { domain } = await gateway.data<Found>(query, { by: pathOf('h1', 'tapless') });
      return domain?.interfaces;
    });
    expect(seen).toMatchObject([
      { tapMacAddress: null, tapNote: expect.stringMatching(/^User-mode/) },
      { tapMacAddress: null, tapNote: expect.stringMatching(/macvtap/) },
    ]);
    // What the note says of macvtap is so: it carries the guest's own address.
    expect(await h1.deviceMacAddress(seen[1]?.target ?? '')).toBe('52:54:00:a1:00:06');
  });
});

describe('an address that no guest may have', () => {
  const multicast = '53:54:00:a1:00:07';

  test('is refused by the daemon, and by us without asking it', async () => {
    const xml = qemuGuestXml({ name: 'loud', macAddresses: [multicast] });
    const verdict = await h1.tryVirshXml(xml, 'define');
    expect(verdict).toMatchObject({ status: 1, stderr: expect.stringContaining('expected unicast mac address') });
    // One that is frozen cannot be asked.
    h1.signalLibvirtd('SIGSTOP');
    try {
      const define = `mutation ($xml: String!) { defineDomain(input: { host: "h1", xml: $xml }) { summary } }`;
      const [defined, attached] = await Promise.all([
        gateway.ask(define, { xml }),
        gateway.ask(attachQuery, attachInput('h1', 'tap-01', { macAddress: multicast })),
      ]);
      for (const { errors } of [defined, attached]) {
        expect(errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_MAC_ADDRESS', outcome: 'NOT_SENT', host: 'h1' });
      }
    } finally {
      h1.signalLibvirtd('SIGCONT');
    }
  });

  interface Report {
    readonly macAddress: {
      readonly findings: readonly { readonly rule: string }[];
      readonly hostVerdicts: readonly object[];
    };
  }
  const reportQuery = `query ($address: String!) { macAddress(address: $address) {
    valid macAddress unicast locallyAdministered free tapMacAddress findings { rule severity }
    hostVerdicts { host { name } accepted } } }`;

  test.each([
    [multicast, { valid: false, unicast: false, macAddress: multicast, tapMacAddress: null }, 'MULTICAST'],
    ['nonsense', { valid: false, unicast: null, macAddress: null, tapMacAddress: null }, 'NOT_A_MAC_ADDRESS'],
  ])('%s is reported as such', async (address, expected, rule) => {
    const { macAddress } = await gateway.data<Report>(reportQuery, { address });
    expect(macAddress).toMatchObject({ ...expected, free: false });
    expect(macAddress.findings).toContainEqual({ rule, severity: 'ERROR' });
  });

  test.each([
    ['52-54-00-A1-00-08', { macAddress: '52:54:00:a1:00:08', locallyAdministered: true }],
    ['0:16:3e:a1:0:9', { macAddress: '00:16:3e:a1:00:09', locallyAdministered: false }],
    ['fe54.00a1.000a', { macAddress: 'fe:54:00:a1:00:0a', tapMacAddress: 'fa:54:00:a1:00:0a' }],
  ])('%s is none of those, and every host would take it', async (address, expected) => {
    const { macAddress } = await gateway.data<Report>(reportQuery, { address });
    expect(macAddress).toMatchObject({ ...expected, valid: true, unicast: true, free: true });
    expect(macAddress.hostVerdicts).toEqual([
      { host: { name: 'h1' }, accepted: true },
      { host: { name: 'h2' }, accepted: true },
    ]);
  });
});

describe('addresses that collide', () => {
  interface Conflict {
    readonly kind: string;
    readonly severity: string;
    readonly macAddress: string;
    readonly parties: readonly { readonly domain: { readonly name: string } }[];
  }

  async function conflictsOf(name: string): Promise<readonly Conflict[]> {
    const query = `{ macConflicts { kind severity macAddress message segment parties { domain { name } role active } } }`;
    const { macConflicts } = await gateway.data<{ macConflicts: readonly Conflict[] }>(query);
    return macConflicts.filter(({ parties }) => parties.some(({ domain }) => domain.name === name));
  }

  test('are reported when two guests differ in the first byte only, for their taps are equal', async () => {
    await run(h1, 'first-byte-a', '52:54:00:a1:01:01');
    await run(h1, 'first-byte-b', '02:54:00:a1:01:01');
    const taps = await Promise.all(
      ['first-byte-a', 'first-byte-b'].map(async (name) => {
        const [row] = readTable(await h1.virsh('domiflist', name));
        return await h1.deviceMacAddress(row?.['Interface'] ?? '');
      }),
    );
    expect(taps).toEqual(['fe:54:00:a1:01:01', 'fe:54:00:a1:01:01']);
    const [conflict, ...more] = await conflictsOf('first-byte-a');
    expect(more).toEqual([]);
    expect(conflict).toMatchObject({ kind: 'SAME_TAP_MAC', severity: 'ERROR', macAddress: 'fe:54:00:a1:01:01' });
    expect(conflict?.parties.map(({ domain }) => domain.name).sort()).toEqual(['first-byte-a', 'first-byte-b']);

    await h1.virsh('destroy', 'first-byte-b');
    await waitFor('the conflict to be one of tomorrow', async () => {
      const [later] = await conflictsOf('first-byte-a');
      return later?.severity === 'WARNING';
    });
    await h1.virsh('undefine', 'first-byte-b');
    await waitFor('the conflict to be gone', async () => (await conflictsOf('first-byte-a')).length === 0);
  });

  test('are reported when two guests have one, and when a tap shadows a guest', async () => {
    await run(h2, 'twin-a', '52:54:00:a1:01:02');
    await run(h2, 'twin-b', '52:54:00:a1:01:02');
    await run(h2, 'shadowed', 'fe:54:00:a1:01:02');
    const kinds = (await conflictsOf('twin-a')).map(({ kind, severity }) => `${kind} ${severity}`);
    expect(kinds).toContain('DUPLICATE_MAC ERROR');
    const shadows = await conflictsOf('shadowed');
    expect(shadows.map(({ kind }) => kind)).toContain('SHADOWED_BY_TAP');
    expect(shadows.find(({ kind }) => kind === 'SHADOWED_BY_TAP')?.macAddress).toBe('fe:54:00:a1:01:02');
  });

  test('are warned of when they are defined', async () => {
    const query = `mutation ($xml: String!) { defineDomain(input: { host: "h1", xml: $xml, dryRun: true }) { warnings } }`;
    const xml = qemuGuestXml({ name: 'warned', macAddresses: ['52:54:00:a1:00:01'] });
    const { defineDomain } = await gateway.data<{ defineDomain: { warnings: string[] } }>(query, { xml });
    expect(defineDomain.warnings).toContainEqual(expect.stringContaining('tap-01'));
  });
});

describe('a network card without an address', () => {
  test('is given a free one, which works at once and is stored', async () => {
    await run(h1, 'plugged');
    const { attachInterface } = await gateway.data<Attached>(
      attachQuery,
      attachInput('h1', 'plugged', { model: 'virtio' }),
    );
    const { macAddress } = attachInterface;
    expect(macAddress).toMatch(/^52:54:00(:[0-9a-f]{2}){3}$/);
    const [row, ...more] = readTable(await h1.virsh('domiflist', 'plugged'));
    expect(more).toEqual([]);
    expect(row).toMatchObject({ Type: 'network', Source: 'default', Model: 'virtio', MAC: macAddress });
    expect(attachInterface.interface).toMatchObject({ macAddress, target: row?.['Interface'] });
    expect(await h1.deviceMacAddress(row?.['Interface'] ?? '')).toBe(`fe${macAddress.slice(2)}`);
    expect(await h1.virsh('dumpxml', '--inactive', 'plugged')).toContain(macAddress);
  });

  test('is never given one twice, however many ask at once', async () => {
    const names = ['crowd-1', 'crowd-2', 'crowd-3', 'crowd-4'];
    for (const name of names) {
      for (const host of [h1, h2]) await host.virshXml(qemuGuestXml({ name }), 'define');
    }
    await waitFor('all of them', async () => {
      const query = `{ domains(filter: { nameContains: "crowd" }) { totalCount } }`;
      return (await gateway.data<{ domains: { totalCount: number } }>(query)).domains.totalCount === 8;
    });
    const answers = await Promise.all(
      ['h1', 'h2'].flatMap((host) =>
        names.flatMap((name) => [1, 2].map(() => gateway.data<Attached>(attachQuery, attachInput(host, name)))),
      ),
    );
    const given = answers.map(({ attachInterface }) => attachInterface.macAddress);
    expect(new Set(given).size).toBe(16);
    const stored = await Promise.all([h1, h2].flatMap((host) => names.map((name) => host.virsh('domiflist', name))));
    const cards = stored.flatMap((table) => readTable(table).map((row) => row['MAC'] ?? ''));
    expect(new Set(cards)).toEqual(new Set(given));
  });
});

describe('a network card with an address that is taken', () => {
  test('is refused with the name of the owner, on another host too, and stays undone', async () => {
    await run(h2, 'wanting');
    const { errors } = await gateway.ask(
      attachQuery,
      attachInput('h2', 'wanting', { macAddress: '52:54:00:a1:00:01' }),
    );
    expect(errors?.[0]).toMatchObject({
      message: expect.stringMatching(/tap-01 on h1/),
      extensions: { code: 'CONFLICT', outcome: 'NOT_SENT', host: 'h2' },
    });
    expect(readTable(await h2.virsh('domiflist', 'wanting'))).toEqual([]);
  });

  test('is refused when a tap has it', async () => {
    const { errors } = await gateway.ask(
      attachQuery,
      attachInput('h1', 'plugged', { macAddress: 'fe:54:00:a1:00:01' }),
    );
    expect(errors?.[0]).toMatchObject({
      message: expect.stringMatching(/tap device of tap-01/),
      extensions: { code: 'CONFLICT' },
    });
  });

  test('is attached all the same when forced, with a warning', async () => {
    const { attachInterface } = await gateway.data<Attached>(
      attachQuery,
      attachInput('h2', 'wanting', { macAddress: '52:54:00:a1:00:01', force: true }),
    );
    expect(attachInterface.warnings).toContainEqual(expect.stringContaining('tap-01 on h1'));
    expect(readTable(await h2.virsh('domiflist', 'wanting'))).toMatchObject([{ MAC: '52:54:00:a1:00:01' }]);
  });

  test('is attached when its owner has gone', async () => {
    await h2.virsh('destroy', 'wanting');
    await h2.virsh('undefine', 'wanting');
    await run(h2, 'heir');
    await h1.virsh('destroy', 'tap-01');
    await h1.virsh('undefine', 'tap-01');
    const free = await waitFor('the address to be free', async () => {
      const query = `{ macAddress(address: "52:54:00:a1:00:01") { free owners { domain { name } } } }`;
      const { macAddress } = await gateway.data<{ macAddress: { free: boolean; owners: object[] } }>(query);
      return macAddress.free && macAddress;
    });
    expect(free.owners).toEqual([]);
    const { attachInterface } = await gateway.data<Attached>(
      attachQuery,
      attachInput('h2', 'heir', { macAddress: '52:54:00:a1:00:01' }),
    );
    expect(attachInterface.warnings).toEqual([]);
  });
});
