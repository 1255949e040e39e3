import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { openRoutes, type Route } from '../../../../src/drivers/libvirt/transport/transport.ts';
import { hostProblem, type ProblemCode, VirtgraphError } from '../../../../src/errors.ts';
import { silentLog } from '../../../../src/log.ts';

const options = { signal: new AbortController().signal };

/** A route that fails for that reason, or works; `tried` gets its label. */
function route(label: string, kind: Route['kind'], problem: ProblemCode | null, tried: string[]): Route {
  return {
    label,
    kind,
    async open() {
      tried.push(label);
      if (problem !== null) throw hostProblem(problem, `${label} is no way.`, 'Try another.');
      return new PassThrough();
    },
  };
}

describe('routes', () => {
  test('are tried in order, and the one that works is kept to', async () => {
    const tried: string[] = [];
    const routes = openRoutes(
      [
        route('/a', 'socket', 'SOCKET_NOT_FOUND', tried),
        route('/b', 'socket', 'SOCKET_REFUSED', tried),
        route('/c', 'socket', null, tried),
        route('/d', 'socket', null, tried),
      ],
      silentLog,
    );
    expect(await routes.connect(async () => 'first', options)).toBe('first');
    expect(await routes.connect(async () => 'second', options)).toBe('second');
    expect(tried).toEqual(['/a', '/b', '/c', '/c']);
  });

  test('over sockets are over when the server forwards none', async () => {
    const tried: string[] = [];
    const routes = openRoutes(
      [
        route('/a', 'socket', 'FORWARDING_REFUSED', tried),
        route('/b', 'socket', null, tried),
        route('virt-ssh-helper', 'command', null, tried),
      ],
      silentLog,
    );
    await routes.connect(async () => null, options);
    expect(tried).toEqual(['/a', 'virt-ssh-helper']);
  });

  test('by a command that just ends lead on to the next', async () => {
    const tried: string[] = [];
    const routes = openRoutes(
      [route('virt-ssh-helper', 'command', null, tried), route('nc', 'command', null, tried)],
      silentLog,
    );
    let first = true;
    const answer = await routes.connect(async () => {
      if (!first) return 'answered';
      first = false;
      throw hostProblem('CONNECTION_LOST', 'The daemon closed the connection.', '');
    }, options);
    expect(answer).toBe('answered');
    expect(tried).toEqual(['virt-ssh-helper', 'nc']);
  });

  test('are given up when the daemon itself said no', async () => {
    const tried: string[] = [];
    const routes = openRoutes([route('/a', 'socket', null, tried), route('/b', 'socket', null, tried)], silentLog);
    const refused = hostProblem('LIBVIRT_AUTH_FAILED', 'polkit says no', '');
    await expect(routes.connect(() => Promise.reject(refused), options)).rejects.toBe(refused);
    await expect(routes.connect(() => Promise.reject(new Error('other')), options)).rejects.toThrow('other');
    expect(tried).toEqual(['/a', '/a']);
  });

  test('of which none leads anywhere fail with the most telling reason and all that was tried', async () => {
    const routes = openRoutes(
      [route('/a', 'socket', 'SOCKET_NOT_FOUND', []), route('/b', 'socket', 'SOCKET_REFUSED', [])],
      silentLog,
    );
    const failure = await routes.connect(async () => null, options).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(VirtgraphError);
    expect(failure).toMatchObject({
      message: 'No libvirt daemon could be reached; tried /a, /b. /b is no way.',
      detail: { problem: 'SOCKET_REFUSED' },
    });
  });
});
