import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Lab } from './lab.ts';
import type { SshHost } from './ssh-host.ts';
import { waitFor } from './wait.ts';
import { eventStream, type Watch, webSocket } from './watch.ts';

/** One entry of `hosts:` in virtgraph.yaml. */
export interface HostEntry {
  readonly name: string;
  readonly uri: string;
  readonly jump?: string;
  readonly readOnly?: boolean;
  readonly passphrase?: { readonly file: string } | { readonly env: string };
  readonly labels?: Readonly<Record<string, string>>;
}

export interface HostEntryOptions extends Partial<Omit<HostEntry, 'uri'>> {
  readonly driver?: string;
  readonly port?: number;
  /** Path of the URI. Default `/system`. */
  readonly path?: string;
  /** Parameters of the URI; `null` leaves a usual one out. */
  readonly params?: Readonly<Record<string, string | null>>;
}

/** A host of the lab as an operator would write it: by key, and with the lab's own known_hosts. */
export function hostEntry(lab: Lab, host: SshHost, options: HostEntryOptions = {}): HostEntry {
  const { driver = 'qemu', port, path = '/system', params, ...entry } = options;
  const usual = { keyfile: lab.keys.ed25519, known_hosts: lab.knownHosts.right, sshauth: 'privkey' };
  const query = Object.entries({ ...usual, ...params })
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${value}`);
  const authority = `root@${host.address}${port === undefined ? '' : `:${port}`}`;
  return { name: host.name, uri: `${driver}+ssh://${authority}${path}?${query.join('&')}`, ...entry };
}

/** What came back over plain HTTP. */
export interface Answer<T> {
  readonly data?: T | null;
  readonly errors?: readonly AnswerError[];
}

export interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, unknown>> & { readonly code: string };
}

/** A line of the gateway's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

/** The gateway as a process of its own, as an operator starts it. */
export interface Gateway {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  /** Every line of its log until now. */
  readonly log: readonly LogLine[];
  ask<T>(query: string, variables?: object): Promise<Answer<T>>;
  /** The data of an answer without errors; fails with them otherwise. */
  data<T>(query: string, variables?: object): Promise<T>;
  /** A subscription over WebSocket. */
  watch<T>(query: string, variables?: object): Watch<T>;
  /** A subscription over server-sent events. */
  watchEventStream<T>(query: string, variables?: object): Watch<T>;
  /** Waits until these hosts are READY. */
  ready(...names: readonly string[]): Promise<void>;
  /** SIGTERM; returns the exit code. */
  stop(): Promise<number | null>;
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly hosts: readonly HostEntry[];
  /** Further parts of virtgraph.yaml. */
  readonly config?: object;
  readonly env?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Starts `virtgraph serve` on a free port; its files lie in the lab's folder. */
export async function openGateway(lab: Lab, options: GatewayOptions): Promise<Gateway> {
  const folder = mkdtempSync(join(lab.folder, 'gateway-'));
  const config = join(folder, 'virtgraph.yaml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ log: { level: 'debug' }, ...options.config, hosts: options.hosts }));
  const token = randomBytes(24).toString('base64url');
  const child = spawn(
    // With its parent gone, however that came, it goes too.
    'setpriv',
    ['--pdeathsig', 'KILL', process.execPath, join(root, 'src/main.ts'), 'serve', '--config', config, '--port', '0'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: folder,
        VIRTGRAPH_STATE_DIR: join(folder, 'state'),
        VIRTGRAPH_TOKEN: token,
        ...options.env,
      },
    },
  );
  const exited = once(child, 'exit');
  const log: LogLine[] = [];
  let said = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('{')) log.push(JSON.parse(line));
    else said += `${line}\n`;
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = / is ready at (http:\S+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    void exited.then(([status]) => reject(new Error(`the gateway ended with ${status}\n${said}`)));
  });

  const watches: Watch<unknown>[] = [];
  const keep = <T>(watch: Watch<T>) => {
    watches.push(watch);
    return watch;
  };
  const gateway: Gateway = {
    url,
    token,
    // setpriv becomes the gateway, and what has said that it is ready has a process.
    pid: child.pid ?? 0,
    log,
    async ask<T>(query: string, variables: object = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query, variables }),
      });
      // The shape is GraphQL's; T is what the query asked for, which each test then looks at.
      return (await response.json()) as Answer<T>;
    },
    async data<T>(query: string, variables?: object) {
      const { data, errors } = await gateway.ask<T>(query, variables);
      if (errors !== undefined || data === undefined || data === null) throw new Error(JSON.stringify(errors, null, 1));
      return data;
    },
    watch: <T>(query: string, variables: object = {}) => keep(webSocket<T>({ url, token, query, variables })),
    watchEventStream: <T>(query: string, variables: object = {}) =>
      keep(eventStream<T>({ url, token, query, variables })),
    async ready(...names) {
      for (const name of names) await hostStatus(gateway, name, 'READY');
    },
    async stop() {
      child.kill('SIGTERM');
      const [status] = await exited;
      return status;
    },
    async close() {
      await Promise.all(watches.map((watch) => watch.close()));
      if (child.exitCode === null && child.signalCode === null) await gateway.stop();
      const mistake = log.find(({ event }) => event === 'uncaughtException' || event === 'unhandledRejection');
      if (mistake !== undefined) throw new Error(`The gateway made a mistake: ${JSON.stringify(mistake)}`);
    },
  };
  return gateway;
}

export interface HostState {
  readonly status: string;
  readonly statusReason: {
    readonly code: string;
    readonly stage: string;
    readonly message: string;
    readonly remedy: string;
    readonly nextAttemptAt: string | null;
  } | null;
}

/** Waits until a host has that status, and returns how it stands. */
export async function hostStatus(
  gateway: Gateway,
  name: string,
  status: string,
  timeoutMs?: number,
): Promise<HostState> {
  const state = () => hostState(gateway, name);
  const found = async () => {
    const now = await state();
    return now.status === status && now;
  };
  return await waitFor(`${name} to be ${status}`, found, timeoutMs).catch(async (error: unknown) => {
    throw new Error(`${name} is not ${status} but ${JSON.stringify(await state())}`, { cause: error });
  });
}

export async function hostState(gateway: Gateway, name: string): Promise<HostState> {
  const query = `query ($name: String!) { host(name: $name) {
    status statusReason { code stage message remedy nextAttemptAt } } }`;
  return (await gateway.data<{ host: HostState }>(query, { name })).host;
}
