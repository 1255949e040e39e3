import { describe, expect, test } from 'vitest';
import { createLiveConfig } from '../../src/commands/live-config.ts';
import type { Config } from '../../src/config/config.ts';
import { type ConfigResult, parseConfig } from '../../src/config/parse-config.ts';
import { diffHosts } from '../../src/fleet/hosts/host-diff.ts';
import type { Log } from '../../src/log.ts';
import { createFakeClock, settle } from '../support/fake-clock.ts';

const read = (text: string): ConfigResult => parseConfig(text, '/etc/virtgraph.yaml', { homeDir: '/home/me' });
const hosts = (...names: readonly string[]) =>
  `hosts: [${names.map((name) => `{ name: ${name}, uri: "sim://${name}" }`).join(', ')}]\n`;

function start(text: string, { audited = Promise.resolve() } = {}) {
  const first = read(text);
  if (!first.ok) throw new Error(JSON.stringify(first.problems));
  const clock = createFakeClock();
  const lines: string[] = [];
  const level = (name: string) => (_fields: object, message: string) => void lines.push(`${name} ${message}`);
  const log: Log = {
    debug: () => {},
    info: level('info'),
    warn: level('warn'),
    error: level('error'),
    child: () => log,
  };
  const applied: Config[] = [first.config];
  let next: ConfigResult = first;
  const live = createLiveConfig({
    started: first.config,
    load: async () => next,
    apply(config) {
      const before = applied.at(-1)?.hosts ?? [];
      applied.push(config);
      return { diff: diffHosts(before, config.hosts), audited };
    },
    clock,
    log,
  });
  return {
    live,
    clock,
    lines,
    applied,
    edit: async (edited: string) => {
      next = read(edited);
      await live.reload();
    },
  };
}

describe('a configuration that is read again', () => {
  test('is applied, in one line of the log, when it is right', async () => {
    const { live, clock, lines, applied, edit } = start(hosts('a', 'b'));
    await clock.advance(5_000);
    await edit(hosts('b', 'c'));
    expect(applied).toHaveLength(2);
    expect(lines).toEqual(['info configuration applied: +c -a']);
    expect(live.status()).toEqual({
      file: '/etc/virtgraph.yaml',
      loadedAt: clock.now(),
      problems: [],
      needsRestart: [],
    });
  });

  test('is told as soon as it is in force, while that is still being written down', async () => {
    const { promise: audited, resolve: write } = Promise.withResolvers<void>();
    const { live, lines, edit } = start(hosts('a'), { audited });
    const edited = edit(`limits: { queryDepth: 20 }\n${hosts('b')}`);
    await settle();
    expect(live.status()).toMatchObject({ needsRestart: ['limits'] });
    expect(lines[0]).toBe('info configuration applied: +b -a');
    write();
    await edited;
  });

  test('is not applied when it says the same', async () => {
    const { lines, applied, edit } = start(hosts('a'));
    await edit(`# a comment\n${hosts('a')}`);
    expect([applied.length, lines.length]).toEqual([1, 0]);
  });

  test('changes nothing when it is wrong, and says each mistake once', async () => {
    const { live, lines, applied, edit } = start(hosts('a'));
    const wrong = `${hosts('b')}colour: red\nlisten: { port: many }\n`;
    await edit(wrong);
    await edit(wrong);
    expect(applied).toHaveLength(1);
    expect(lines).toEqual([
      expect.stringContaining('error /etc/virtgraph.yaml:2:1: colour: Unknown key'),
      expect.stringContaining('error /etc/virtgraph.yaml:3:17: listen.port: '),
      'error the configuration is wrong; the one before stays in force',
    ]);
    expect(live.status().problems).toHaveLength(2);
  });

  test('is in force again after a mistake was taken back', async () => {
    const { live, applied, edit } = start(hosts('a'));
    await edit('hosts: 7\n');
    await edit(hosts('a'));
    expect(live.status().problems).toEqual([]);
    expect(applied).toHaveLength(2);
  });

  test('tells once which keys wait for a restart, as long as they differ from those of the start', async () => {
    const { live, lines, edit } = start(hosts('a'));
    await edit(`${hosts('a')}listen: { port: 4001 }\nlimits: { queryDepth: 20 }\n`);
    expect(live.status().needsRestart).toEqual(['listen', 'limits']);
    await edit(`${hosts('a', 'b')}listen: { port: 4002 }\n`);
    expect(live.status().needsRestart).toEqual(['listen']);
    await edit(hosts('a', 'b'));
    expect(live.status().needsRestart).toEqual([]);
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([
      'warn not in force before a restart: listen, limits',
    ]);
  });

  test('puts the rights of the API in force, and says so', async () => {
    const { lines, applied, edit } = start(hosts('a'));
    await edit(`${hosts('a')}api: { trustHostKeys: true }\n`);
    expect(applied.at(-1)?.api.trustHostKeys).toBe(true);
    expect(lines).toEqual(['info configuration applied: api']);
  });

  test('tells the warnings that are new', async () => {
    const { lines, edit } = start(hosts('a'));
    await edit('hosts: [{ name: a, uri: "qemu+ssh://h/system?known_hosts_verify=ignore" }]\n');
    expect(lines.filter((line) => line.startsWith('warn host a: '))).toHaveLength(1);
  });
});
