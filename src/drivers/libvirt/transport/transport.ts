/** Ways to a daemon: tried in order until one leads there, then kept to. */
import type { Duplex } from 'node:stream';
import { hostProblem, type ProblemCode, VirtgraphError } from '../../../errors.ts';
import { errorFields, type Log } from '../../../log.ts';

export type Route = {
  /** For the log and for messages: a path, or a command. */
  readonly label: string;
  /** Routes of one kind fail together when the server forbids that kind. */
  readonly kind: 'socket' | 'command';
  open(options: { readonly signal: AbortSignal }): Promise<Duplex>;
};

/** What carries the streams to one host; it ends with the driver. */
export type Transport = {
  readonly routes: readonly Route[];
  /** May be called twice. */
  close(): Promise<void>;
};

export type Routes = {
  /** Opens a stream by the route that is known to work, else by each in turn, and connects through it. */
  connect<T>(
    through: (stream: Duplex, route: Route) => Promise<T>,
    options: { readonly signal: AbortSignal },
  ): Promise<T>;
};

/** That route leads nowhere; another may. */
const tryNext: readonly ProblemCode[] = [
  'SOCKET_NOT_FOUND',
  'SOCKET_REFUSED',
  'FORWARDING_REFUSED',
  'PROXY_COMMAND_FAILED',
];

/** @param onDeadEnd told of each route that leads nowhere, before the next one is tried */
export function openRoutes(
  routes: readonly Route[],
  log: Log,
  onDeadEnd?: (route: Route, error: VirtgraphError) => void,
): Routes {
  let working: Route | null = null;
  return {
    async connect(through, { signal }) {
      if (working) return through(await working.open({ signal }), working);
      const failures: { readonly route: Route; readonly error: VirtgraphError }[] = [];
      let socketsForbidden = false;
      for (const route of routes) {
        if (socketsForbidden && route.kind === 'socket') continue;
        try {
          const connection = await through(await route.open({ signal }), route);
          working = route;
          return connection;
        } catch (error) {
          if (!leadsNowhere(error, route)) throw error;
          log.debug({ route: route.label, ...errorFields(error) }, 'no way to the daemon here');
          socketsForbidden ||= error.detail.problem === 'FORWARDING_REFUSED';
          failures.push({ route, error });
          onDeadEnd?.(route, error);
        }
      }
      throw summary(failures);
    },
  };
}

function leadsNowhere(error: unknown, route: Route): error is VirtgraphError {
  if (!(error instanceof VirtgraphError) || error.detail.problem === undefined) return false;
  if (tryNext.includes(error.detail.problem)) return true;
  // A command that is not there, or that cannot reach the socket, just ends: the daemon never spoke.
  return route.kind === 'command' && error.detail.problem === 'CONNECTION_LOST';
}

/** What to tell when no route led anywhere: the one failure, or the most telling of many with all that was tried. */
function summary(failures: readonly { readonly route: Route; readonly error: VirtgraphError }[]): VirtgraphError {
  const telling = failures.find(({ error }) => error.detail.problem !== 'SOCKET_NOT_FOUND') ?? failures[0];
  if (!telling) {
    return hostProblem('SOCKET_NOT_FOUND', 'There is no way to look for the daemon.', 'Check socket, mode and proxy.');
  }
  if (failures.length === 1) return telling.error;
  const tried = failures.map(({ route }) => route.label).join(', ');
  const { problem, remedy, ...detail } = telling.error.detail;
  return hostProblem(
    problem ?? 'SOCKET_NOT_FOUND',
    `No libvirt daemon could be reached; tried ${tried}. ${telling.error.message}`,
    `${remedy ?? ''} Check that libvirt's daemon runs on the host and that the account may use its socket (on Debian: group libvirt).`.trim(),
    { ...detail, cause: telling.error },
  );
}
