import { GraphQLError } from 'graphql';
import { describe, expect, test } from 'vitest';
import { VirtgraphError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import { silentLog } from '../../src/log.ts';
import { createErrorFormatter } from '../../src/server/format-error.ts';

function format(originalError: Error) {
  const logged: object[] = [];
  const log: Log = { ...silentLog, error: (fields) => logged.push(fields) };
  const formatted = createErrorFormatter(log)(new GraphQLError(originalError.message, { path: ['x'], originalError }));
  return { formatted, logged };
}

describe('an error', () => {
  test('of ours is told with everything that helps, and without its cause', () => {
    const { formatted, logged } = format(
      new VirtgraphError('HOST_UNREACHABLE', 'kvm1 does not answer.', {
        host: 'kvm1',
        outcome: 'UNKNOWN',
        problem: 'CONNECTION_TIMED_OUT',
        remedy: 'Look at its network.',
        cause: new Error('/root/.ssh/id_ed25519 hunter2'),
      }),
    );
    expect(formatted).toEqual({
      message: 'kvm1 does not answer.',
      path: ['x'],
      extensions: {
        code: 'HOST_UNREACHABLE',
        retryable: true,
        host: 'kvm1',
        outcome: 'UNKNOWN',
        problem: 'CONNECTION_TIMED_OUT',
        stage: 'connect',
        remedy: 'Look at its network.',
      },
    });
    expect(JSON.stringify(formatted)).not.toContain('hunter2');
    expect(logged).toEqual([]);
  });

  test.each([
    ['of somebody else', new Error('connect /root/.ssh/agent.sock hunter2')],
    ['that we call internal', new VirtgraphError('INTERNAL', 'hunter2')],
    ['of graphql-js about our own value', new GraphQLError('Int cannot represent hunter2')],
  ])('%s is logged whole, and only its number is told', (_whose, error) => {
    const { formatted, logged } = format(error);
    const { correlationId } = formatted.extensions ?? {};
    expect(formatted.extensions).toEqual({ code: 'INTERNAL', retryable: false, correlationId: expect.any(String) });
    expect(formatted.message).toContain(String(correlationId));
    expect(JSON.stringify(formatted)).not.toContain('hunter2');
    expect(JSON.stringify(logged)).toContain('hunter2');
    expect(logged).toEqual([expect.objectContaining({ correlationId })]);
  });
});
