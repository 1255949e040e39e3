import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../../clock.ts';
import type { SshHop } from '../../model/target.ts';
import { stampOf } from '../kept-files.ts';
import { parseSshConfigValues, type SshConfigValues, valuesForHop } from './ssh-config-values.ts';

/** What `ssh -v -G` printed. */
export type SshOutput = { readonly stdout: string; readonly stderr: string };

/**
 * One answer of `ssh -G` for many hosts. To start it takes more than to shake hands with a host; where the configuration
 * says the same of every host, its answer for one is that for all, but for the name.
 */
export type SharedSshConfig = {
  /**
   * What `ssh -G` would say of the hop; `null`: only `ssh` itself knows.
   * @param ask runs it for the hop's host, without user and port
   * @param userFile read by `ssh` as soon as it is there
   */
  valuesFor(hop: SshHop, userFile: string, ask: () => Promise<SshOutput | null>): Promise<SshConfigValues | null>;
};

/** A file that is added where an Include looks for it is seen after so long; a change of one that is there, at once. */
const longestMs = 60_000;

/** A name that means nothing but itself. */
const plainName = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;

type Answer = {
  readonly at: number;
  readonly stamps: ReadonlyMap<string, string>;
  readonly values: SshConfigValues | null;
};

export function createSharedSshConfig(clock: Clock): SharedSshConfig {
  /** By `userFile`, of which a process has one. */
  const answers = new Map<string, Promise<Answer>>();

  async function isCurrent({ at, stamps }: Answer): Promise<boolean> {
    if (clock.monotonic() - at >= longestMs) return false;
    const same = await Promise.all([...stamps].map(async ([path, stamp]) => (await stampAt(path)) === stamp));
    return !same.includes(false);
  }

  async function find(userFile: string, ask: () => Promise<SshOutput | null>): Promise<Answer> {
    const at = clock.monotonic();
    // Before it is asked: what is written meanwhile then shows.
    const userStamp = await stampAt(userFile);
    const said = await ask();
    const paths = said === null ? [] : filesRead(said.stderr);
    const stamps = new Map([[userFile, userStamp]]);
    for (const path of paths) stamps.set(path, await stampAt(path));
    const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => 'match unreadable')));
    const isShared = said !== null && tellsWhatItReads(said) && texts.every(isForEveryHost);
    return { at, stamps, values: isShared ? parseSshConfigValues(said.stdout) : null };
  }

  async function answerFor(userFile: string, ask: () => Promise<SshOutput | null>): Promise<Answer> {
    const known = answers.get(userFile);
    if (known !== undefined && (await isCurrent(await known))) return known;
    // Somebody else may have asked meanwhile.
    const latest = answers.get(userFile);
    if (latest !== undefined && latest !== known) return latest;
    const asking = find(userFile, ask);
    answers.set(userFile, asking);
    asking.catch(() => {
      if (answers.get(userFile) === asking) answers.delete(userFile);
    });
    return asking;
  }

  return {
    async valuesFor(hop, userFile, ask) {
      if (!plainName.test(hop.host)) return null;
      // Whoever asked first may have gone: then this one goes its own way.
      const answer = await answerFor(userFile, ask).catch(() => null);
      return answer?.values ? valuesForHop(answer.values, hop) : null;
    },
  };
}

/** `-v` begins with the version. Where that is missing, nobody knows what was read. */
function tellsWhatItReads({ stderr }: SshOutput): boolean {
  return /^OpenSSH_/m.test(stderr);
}

function filesRead(stderr: string): readonly string[] {
  return [...stderr.matchAll(/^debug\d: Reading configuration data (.+?)\r?$/gm)].map(([, path = '']) => path);
}

async function stampAt(path: string): Promise<string> {
  try {
    return stampOf(await stat(path, { bigint: true }));
  } catch {
    return 'not there';
  }
}

/** Where their values name a host, they are different for each. */
const mayNameTheHost = new Set([
  'globalknownhostsfile',
  'hostkeyalias',
  'hostname',
  'identityagent',
  'identityfile',
  'include',
  'port',
  'proxyjump',
  'revokedhostkeys',
  'user',
  'userknownhostsfile',
]);

/** Whether a file of OpenSSH's configuration says the same of every host. What is not understood may not. */
function isForEveryHost(text: string): boolean {
  return text.split('\n').every((line) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return true;
    const [, keyword = '', value = ''] = /^([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*)$/.exec(trimmed) ?? [];
    switch (keyword.toLowerCase()) {
      case '':
      case 'match':
      case 'hostname':
      case 'canonicalizehostname':
      // Names the tag that a Match elsewhere looks for.
      case 'tag':
        return false;
      case 'host':
        return value.trim() === '*';
      default:
        return !(mayNameTheHost.has(keyword.toLowerCase()) && value.includes('%'));
    }
  });
}
