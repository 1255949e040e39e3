import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the gateway keeps what must outlive it: VIRTGRAPH_STATE_DIR, else virtgraph below XDG_STATE_HOME,
 * else ~/.local/state/virtgraph. Only names the directory; whoever writes makes it.
 */
export function stateDir(env: Environment): string {
  if (env['VIRTGRAPH_STATE_DIR']) return resolve(env['VIRTGRAPH_STATE_DIR']);
  // The XDG specification: a relative path is invalid and must be ignored.
  const xdg = env['XDG_STATE_HOME'];
  if (xdg && isAbsolute(xdg)) return join(xdg, 'virtgraph');
  return join(homeDir(env), '.local', 'state', 'virtgraph');
}

export function homeDir(env: Environment): string {
  return env['HOME'] || homedir();
}
