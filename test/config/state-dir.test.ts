import { homedir } from 'node:os';
import { expect, test } from 'vitest';
import { stateDir } from '../../src/config/state-dir.ts';

test.each([
  [{ VIRTGRAPH_STATE_DIR: '/var/lib/virtgraph', XDG_STATE_HOME: '/xdg', HOME: '/home/x' }, '/var/lib/virtgraph'],
  [{ XDG_STATE_HOME: '/xdg', HOME: '/home/x' }, '/xdg/virtgraph'],
  [{ VIRTGRAPH_STATE_DIR: '', XDG_STATE_HOME: '', HOME: '/home/x' }, '/home/x/.local/state/virtgraph'],
  [{ XDG_STATE_HOME: 'relative', HOME: '/home/x' }, '/home/x/.local/state/virtgraph'],
  [{}, `${homedir()}/.local/state/virtgraph`],
])('with %j what the gateway keeps lies in %s', (env, expected) => {
  expect(stateDir(env)).toBe(expected);
});
