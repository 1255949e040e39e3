import { createHash } from 'node:crypto';
import type { Gateway } from '../../test/lab/gateway.ts';
import { openLab } from '../../test/lab/lab.ts';
import { run } from '../../test/lab/run.ts';
import { cpuOfEndedChildren, cpuOfProcess } from '../cpu.ts';
import { type DefinedHost, defineGuests } from '../defined-guests.ts';
import { readHostCalls } from '../host-calls.ts';
import { keepIn } from '../keep.ts';
import { openLineProgram } from '../line-program.ts';
import { openGatewayOf } from '../over-http.ts';
import { type Contender, measureSideBySide, ratioGoal } from '../rounds.ts';
import type { BenchContext, Comparison, Row } from '../row.ts';

const hostCount = 20;
const guestsPerHost = 50;
const answersCounted = 20;

export const row: Row = {
  name: 'fleet-list',
  title: "The whole fleet's domains: state, memory, virtual CPUs, network cards with their tap addresses",
  needs: ['lab', 'python'],
  run: compare,
};

async function compare(bench: BenchContext): Promise<readonly Comparison[]> {
  await using opened = new AsyncDisposableStack();
  const keep = keepIn(opened);
  bench.log(`starting ${hostCount} hosts …`);
  const lab = keep(await openLab({ hosts: hostCount, hostKeyTypes: ['ed25519'], purpose: 'bench: fleet-list' }));
  const fleet = await defineGuests(lab, guestsPerHost);
  const python = keep(
    await openLineProgram('python3-libvirt over ssh, connections stay open', [
      '/usr/bin/python3',
      new URL('../peers/fleet_python.py', import.meta.url).pathname,
      ...fleet.map(({ clientUri }) => clientUri),
    ]),
  );
  const gateway = keep(await openGatewayOf(lab, ...fleet.map(({ entry }) => entry)));

  const [byVirsh, byPython, fresh, fromMemory] = await measureSideBySide(
    [
      virshInParallel(fleet, Math.min(3, bench.rounds)),
      python.contender('list'),
      overHttp('virtgraph over HTTP, fresh', gateway, true),
      overHttp('virtgraph over HTTP, from memory', gateway, false),
    ] as const,
    bench.rounds,
    await answerOf(gateway),
  );
  const hostCalls = await countHostCalls(gateway);
  return [
    {
      title: `${hostCount} hosts over SSH × ${guestsPerHost} guests of QEMU, defined and off, two network cards each`,
      contenders: [byVirsh, byPython, fresh, fromMemory],
      goals: [
        ratioGoal('from memory, times faster than virsh', { of: byVirsh, to: fromMemory, atLeast: 100 }),
        ratioGoal('from memory, times faster than python3-libvirt', { of: byPython, to: fromMemory, atLeast: 5 }),
        ratioGoal('fresh, to python3-libvirt', { of: fresh, to: byPython, atMost: 1.2 }),
        {
          text: `calls to hosts by ${answersCounted} answers from memory, beyond those of as long a rest`,
          ratio: hostCalls,
          target: 0,
          better: 'lower',
        },
      ],
    },
  ];
}

/** One process for each host, which asks for everything that it must: a list, and each domain's configuration. */
function virshInParallel(fleet: readonly DefinedHost[], rounds: number): Contender {
  return {
    name: 'virsh over ssh, a process for each host, all at once',
    cpu: cpuOfEndedChildren,
    rounds,
    async run() {
      const lists = await Promise.all(fleet.map(virshHost));
      return { answer: digestOf(lists.flat()) };
    },
  };
}

async function virshHost({ clientUri, guestNames }: DefinedHost): Promise<readonly string[]> {
  const commands = guestNames.flatMap((name) => [`domstate ${name}`, `dumpxml ${name}`]);
  const result = await run(['virsh', '-c', clientUri, commands.join('; ')], { timeoutMs: 120_000 });
  if (result.status !== 0) throw new Error(`virsh failed: ${result.stderr}`);
  return result.stdout
    .split('</domain>')
    .slice(0, -1)
    .map((text) => {
      const [, state = ''] = /^(\w[\w ]*)$/m.exec(text) ?? [];
      const found = (pattern: RegExp) => pattern.exec(text)?.[1] ?? '';
      const macs = [...text.matchAll(/<mac address='([^']*)'/g)].map(([, mac = '']) => mac);
      return lineOf({
        name: found(/<name>(.*)<\/name>/),
        state: virshStates[state] ?? 0,
        memoryKib: Number(found(/<currentMemory[^>]*>(\d+)</)),
        vcpus: Number(found(/<vcpu[^>]*>(\d+)</)),
        cards: macs.map((mac) => ({ mac, tap: `fe${mac.slice(2)}` })),
      });
    });
}

function overHttp(name: string, gateway: Gateway, fresh: boolean): Contender {
  return {
    name,
    cpu: cpuOfProcess(gateway.pid),
    run: async () => ({ answer: await answerOf(gateway, fresh) }),
  };
}

type Page = {
  readonly domains: {
    readonly nodes: readonly {
      readonly name: string;
      readonly state: string;
      readonly memory: string;
      readonly vcpus: number;
      readonly interfaces: readonly { readonly macAddress: string; readonly tapMacAddress: string }[];
    }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
};

async function answerOf(gateway: Gateway, fresh = false): Promise<number> {
  const query = `query ($after: String, $fresh: Boolean!) { domains(first: 500, after: $after, fresh: $fresh) {
    nodes { name state memory vcpus interfaces { macAddress tapMacAddress } } pageInfo { hasNextPage endCursor } } }`;
  const lines: string[] = [];
  let after: string | null = null;
  do {
    // Hosts are asked for the first page; the others are of the same answer.
    const { domains }: Page = await gateway.data<Page>(query, { after, fresh: fresh && after === null });
    for (const { name, state, memory, vcpus, interfaces } of domains.nodes) {
      const cards = interfaces.map(({ macAddress, tapMacAddress }) => ({ mac: macAddress, tap: tapMacAddress }));
      lines.push(lineOf({ name, state: ourStates[state] ?? 0, memoryKib: Number(memory) / 1_024, vcpus, cards }));
    }
    after = domains.pageInfo.hasNextPage ? domains.pageInfo.endCursor : null;
  } while (after !== null);
  return digestOf(lines);
}

/** How many more calls hosts got while it answered from memory than in as long a rest: what it asks by itself is not of the answers. */
async function countHostCalls(gateway: Gateway): Promise<number> {
  const before = await readHostCalls(gateway);
  const startedAt = performance.now();
  for (let answer = 0; answer < answersCounted; answer += 1) await answerOf(gateway);
  const elapsedMs = performance.now() - startedAt;
  const after = await readHostCalls(gateway);
  await new Promise((resolve) => setTimeout(resolve, elapsedMs));
  const atRest = (await readHostCalls(gateway)) - after;
  return Math.max(0, after - before - atRest);
}

type Described = {
  readonly name: string;
  readonly state: number;
  readonly memoryKib: number;
  readonly vcpus: number;
  readonly cards: readonly { readonly mac: string; readonly tap: string }[];
};

/** libvirt's numbers of the states that are met here. */
const virshStates: Readonly<Record<string, number>> = { running: 1, 'shut off': 5 };
const ourStates: Readonly<Record<string, number>> = { RUNNING: 1, SHUTOFF: 5 };

/** As `bench/peers/fleet_python.py` describes a domain. */
function lineOf({ name, state, memoryKib, vcpus, cards }: Described): string {
  return [name, state, memoryKib, vcpus, ...cards.map(({ mac, tap }) => `${mac}/${tap}`)].join(' ');
}

/** A number that differs where anything does, and is made alike in other languages. */
function digestOf(lines: readonly string[]): number {
  const digest = createHash('sha256').update(lines.toSorted().join('\n')).digest('hex');
  return Number.parseInt(digest.slice(0, 12), 16);
}
