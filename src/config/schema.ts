import * as z from 'zod';
import { logLevels } from '../log.ts';
import { segmentMemberKinds } from '../model/segment.ts';
import { transportKinds } from '../model/target.ts';
import { isListenHost } from './listen-host.ts';

/**
 * The shape of virtgraph.yaml: every key with its type, default and description. What keys mean together is in
 * rules.ts. The only file that knows zod.
 */

// What is parsed once is parsed before a parser is compiled for it.
z.config({ jitless: true });

// Without flags, which a JSON Schema could not say.
const namePattern = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const nameExpected = 'a name of letters, digits and dashes, such as kvm1 or kvm1.example';

const name = () =>
  z
    .string()
    .max(253)
    .regex(namePattern, { error: `expected ${nameExpected}` });
const path = () => z.string().min(1).max(4_096);
const count = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum);

/** Labels and settings of hosts become part of answers and metrics. */
const maxLabelLength = 253;

const secret = (what: string) =>
  z
    .strictObject(
      {
        file: path().optional().describe(`File that holds the ${what}; relative to this configuration.`),
        env: z
          .string()
          .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'expected the name of an environment variable' })
          .optional()
          .describe(`Environment variable that holds the ${what}.`),
      },
      {
        error: (issue) =>
          issue.code === 'invalid_type' && issue.input !== undefined
            ? `a ${what} is never written here: expected { file: PATH } or { env: VARIABLE }, which say where it lies`
            : undefined,
      },
    )
    .refine((value) => (value.file === undefined) !== (value.env === undefined), {
      error: 'expected one of file and env',
    });

const hop = z.union(
  [
    z.string().min(1),
    z.strictObject({
      host: z.string().min(1).describe('Name, address or alias of ssh_config.'),
      port: count(1, 65_535).optional().describe('Default: what ssh_config says, else 22.'),
      user: z.string().min(1).optional().describe('Default: what ssh_config says.'),
    }),
  ],
  { error: 'expected [user@]host[:port], or { host, port, user }' },
);

const host = z.strictObject({
  name: name().describe('What the API calls the host; unique.'),
  uri: z.string().describe("Connection URI in libvirt's own syntax, such as qemu+ssh://root@host.example/system."),
  labels: z
    .record(z.string().min(1).max(maxLabelLength), z.string().max(maxLabelLength), {
      error: 'expected a mapping of names to texts, such as { site: berlin }',
    })
    .default({})
    .describe('For finding hosts by, and in metrics.'),
  jump: z
    .union([hop, z.array(hop).max(7)], {
      error: 'expected [user@]host[:port], a mapping { host, port, user }, or a list of these',
    })
    .optional()
    .describe('SSH servers on the way, first one first. Default: what ssh_config says.'),
  readOnly: z.boolean().default(false).describe('Open the read-only socket; no change is possible.'),
  passphrase: secret('passphrase').optional().describe('Passphrase of the private key.'),
  password: secret('password').optional().describe('Password for the SSH server; a key is better.'),
});

const limit = (minimum: number, maximum: number, defaultValue: number, description: string) =>
  count(minimum, maximum).default(defaultValue).describe(description);

const limits = z.strictObject({
  bodyBytes: limit(1_024, 67_108_864, 262_144, 'Longest request body.'),
  queryTokens: limit(100, 100_000, 5_000, 'Most tokens in a GraphQL document.'),
  queryDepth: limit(3, 100, 16, 'Deepest nesting of fields.'),
  queryAliases: limit(1, 10_000, 60, 'Most aliases in an operation.'),
  queryRootFields: limit(1, 1_000, 30, 'Most fields at the root of an operation.'),
  sockets: limit(1, 1_000_000, 5_000, 'Most WebSockets and event streams at once.'),
  subscriptionsPerSocket: limit(1, 10_000, 100, 'Most subscriptions on one WebSocket.'),
  socketMessageBytes: limit(1_024, 67_108_864, 262_144, 'Longest message from a client on a WebSocket.'),
  subscriberQueue: limit(
    16,
    100_000,
    1_000,
    'Changes that may wait for one subscriber before it is told that it lags.',
  ),
  journalEntries: limit(100, 100_000_000, 100_000, 'Most changes that the journal keeps.'),
  journalBytes: limit(1_048_576, 68_719_476_736, 67_108_864, 'Most bytes that the journal keeps.'),
  journalAgeSeconds: limit(60, 31_536_000, 86_400, 'Oldest change that the journal keeps.'),
  handshakesPerFirstHop: limit(1, 100, 6, 'SSH handshakes at once with one server; sshd drops some from its tenth on.'),
  handshakesTotal: limit(1, 10_000, 16, 'SSH handshakes at once in all.'),
});

const timing = z.strictObject({
  reconcileSeconds: limit(10, 86_400, 300, 'How often everything of a host is read again, events or not.'),
  pollSeconds: limit(1, 3_600, 10, 'How often a host without events is asked for its list and states.'),
});

const segmentMember = z
  .strictObject({
    host: z.string().min(1).default('*').describe('Name of a host; * for every host.'),
    bridge: z.string().min(1).optional().describe('A bridge of that host.'),
    network: z.string().min(1).optional().describe("A network of libvirt's on that host."),
    device: z.string().min(1).optional().describe('The device below macvtap interfaces.'),
  })
  .refine((member) => segmentMemberKinds.filter((kind) => member[kind] !== undefined).length === 1, {
    error: `expected one of ${segmentMemberKinds.join(', ')}`,
  });

const word = (expected: string) => z.string().regex(/^[a-z][a-z0-9._-]{0,62}$/, { error: `expected ${expected}` });

const addressPattern = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[^\s/@[\]]+$/, {
    error: 'expected a name or an address, with * for any run of characters, such as *.example or 10.0.*',
  });

/** What a user of the API may make the gateway connect to. What each default keeps out: docs/OPERATIONS.md. */
const api = z.strictObject({
  trustHostKeys: z.boolean().default(false).describe('The mutation trustHostKey may record host keys in known_hosts.'),
  hosts: z
    .strictObject({
      enabled: z.boolean().default(false).describe('The mutations addHost, updateHost and removeHost are allowed.'),
      most: count(0, 100_000).default(100).describe('Most hosts that are added by the API.'),
      drivers: z
        .array(word('a driver, such as qemu'))
        .default(['qemu', 'xen', 'lxc', 'bhyve', 'vz', 'ch'])
        .describe('Drivers that their URIs may have.'),
      transports: z
        .array(z.enum(transportKinds, { error: `expected one of ${transportKinds.join(', ')}` }))
        .default(['ssh'])
        .describe('Transports that their URIs may have.'),
      parameters: z
        .array(word('a parameter of URIs, such as mode'))
        .default(['mode', 'no_tty', 'keepalive_interval', 'keepalive_count'])
        .describe('Parameters that their URIs may have.'),
      addresses: z
        .array(addressPattern)
        .default(['*'])
        .describe(
          'Names and addresses that they, and the jump hosts before them, may have; * is any run of characters.',
        ),
    })
    .prefault({})
    .describe('Hosts that are added by the API, and what their URIs are held to.'),
});

const originExpected = 'expected an origin without a path, such as https://dashboard.example';
const origin = z
  .string()
  .regex(/^https?:\/\/[^\s/?#@]+$/, { error: originExpected, abort: true })
  .refine((text) => URL.canParse(text), { error: originExpected, abort: true })
  .refine((text) => !text.includes('*'), { error: 'expected a whole origin: * stands for nothing here' });

const listenHost = z.string().min(1).refine(isListenHost, {
  error: 'expected an address or a name of this machine, such as 0.0.0.0, ::1 or localhost; the port is listen.port',
});

const config = z.strictObject({
  fleetId: name()
    .optional()
    .describe(
      'Part of every id and cursor, so that those of another gateway are refused. Default: one made at the first start.',
    ),
  listen: z
    .strictObject({
      host: listenHost.default('127.0.0.1').describe('Address to listen on.'),
      port: count(0, 65_535).default(4_000).describe('Port to listen on; 0 for any that is free.'),
      tls: z
        .strictObject({
          cert: path().describe('Certificate chain, PEM; relative to this configuration.'),
          key: path().describe('Its private key, PEM; relative to this configuration.'),
        })
        .optional()
        .describe('Serve HTTPS. Default: plain HTTP.'),
    })
    .prefault({})
    .describe('Where the gateway answers.'),
  auth: z
    .strictObject({
      mode: z.enum(['token', 'none']).default('token').describe('none is allowed on a loopback address only.'),
      tokenFile: path()
        .optional()
        .describe('File that holds the bearer token. Default: VIRTGRAPH_TOKEN, else one made at the first start.'),
    })
    .prefault({})
    .describe('Who may ask.'),
  origins: z
    .array(origin)
    .default([])
    .describe("Origins of web pages, besides the gateway's own, that may open a WebSocket."),
  hosts: z.array(host).default([]).describe('The hosts of the fleet.'),
  net: z
    .strictObject({
      segments: z
        .record(name(), z.array(segmentMember).min(1))
        .default({})
        .describe('Bridges, networks and devices of several hosts that are one layer 2 segment, by a name for it.'),
    })
    .prefault({})
    .describe('What the gateway cannot know of the network by itself.'),
  journal: z
    .strictObject({
      persist: z
        .enum(['sqlite', 'none'])
        .default('sqlite')
        .describe(
          'Where changes are kept, so that cursors survive a restart: a file in the state directory, or nowhere.',
        ),
    })
    .prefault({})
    .describe('The record of changes; its bounds are among the limits.'),
  limits: limits.prefault({}).describe('Bounds; what is beyond them is refused.'),
  timing: timing.prefault({}).describe('How long and how often.'),
  api: api.prefault({}).describe('What the API may do to the fleet itself.'),
  log: z
    .strictObject({ level: z.enum(logLevels).default('info').describe('The least that is logged.') })
    .prefault({})
    .describe('Log lines go to standard error, as JSON.'),
});

/** The file's content after defaults, before it is given meaning. */
export type ConfigInput = z.output<typeof config>;

/** What zod has to say of a mistake. */
export type SchemaIssue = z.core.$ZodIssue;

export function parseShape(
  value: unknown,
):
  | { readonly ok: true; readonly value: ConfigInput }
  | { readonly ok: false; readonly issues: readonly SchemaIssue[] } {
  const result = config.safeParse(value, { reportInput: true });
  return result.success ? { ok: true, value: result.data } : { ok: false, issues: result.error.issues };
}

/** One entry of `hosts:` by itself. */
export type HostInput = z.output<typeof host>;

export function parseHostShape(
  value: unknown,
): { readonly ok: true; readonly value: HostInput } | { readonly ok: false; readonly issues: readonly SchemaIssue[] } {
  const result = host.safeParse(value, { reportInput: true });
  return result.success ? { ok: true, value: result.data } : { ok: false, issues: result.error.issues };
}

/** JSON Schema (draft 2020-12) of the file as it is written, so keys with a default are optional. */
export function rawJsonSchema(): unknown {
  return z.toJSONSchema(config, { io: 'input' });
}
