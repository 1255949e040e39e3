import { connect, createServer, type Socket } from 'node:net';
import { type Clock, systemClock } from '../../src/clock.ts';
import { type Carrier, createCarrier, type LinkFaults } from './chaos-link.ts';

/** A TCP port, or the path of a unix socket. */
export type ChaosAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** `up`: from the client to the far end; `down`: back. */
export type Direction = 'up' | 'down';

/** What is wrong with the way, for connections there are and those to come. What is left out is right. */
export type ChaosFaults = {
  /** New connections are reset at once. Those there are go on. */
  readonly refuse?: boolean;
  readonly up?: LinkFaults;
  readonly down?: LinkFaults;
};

/** How a connection ends: with a reset, or as if the other side had closed it. Unix sockets know no reset. */
export type CutKind = 'RST' | 'FIN';

export type ChaosProxyOptions = {
  /** Default: a free port of 127.0.0.1. */
  readonly listen?: ChaosAddress;
  readonly target: ChaosAddress;
  /** In [0, 1). Jitter and garbage come from it, so that a seed gives the same again. */
  readonly random: () => number;
  readonly clock?: Clock;
};

/** Stands between a client and a server and behaves as networks do when they are bad. */
export type ChaosProxy = {
  readonly address: ChaosAddress;
  readonly connections: number;
  /** In place of the faults there were. `{}` heals; a connection that has lost bytes stays lost, as after a real loss. */
  setFaults(faults: ChaosFaults): void;
  /** Ends every connection now. Returns how many. */
  cut(kind: CutKind): number;
  /**
   * Ends each connection of now once so many more bytes have passed in that direction; the last byte still arrives.
   * Returns what calls it off for those where they have not.
   */
  cutAfter(direction: Direction, bytes: number, kind: CutKind): () => void;
  /** Sends random bytes into every connection, where the next message of the sender should begin. */
  injectGarbage(direction: Direction, bytes: number): void;
  /** To another far end from now on; the connections there are keep theirs. */
  retarget(target: ChaosAddress): void;
  close(): Promise<void>;
};

type Pair = { readonly up: Carrier; readonly down: Carrier; end(kind: CutKind): void };

export async function openChaosProxy(options: ChaosProxyOptions): Promise<ChaosProxy> {
  const { listen = { host: '127.0.0.1', port: 0 }, random, clock = systemClock } = options;
  let { target } = options;
  let faults: ChaosFaults = {};
  const pairs = new Set<Pair>();

  function join(near: Socket) {
    const far = connect({ ...target, allowHalfOpen: true });
    const pair: Pair = {
      up: createCarrier({ from: near, to: far, faults: faults.up ?? {}, random, clock }),
      down: createCarrier({ from: far, to: near, faults: faults.down ?? {}, random, clock }),
      end(kind) {
        for (const socket of [near, far]) endSocket(socket, kind);
      },
    };
    pairs.add(pair);
    for (const [socket, other, carrier] of [
      [near, far, pair.up],
      [far, near, pair.down],
    ] as const) {
      let wasReset = false;
      socket.on('error', () => {
        wasReset = true;
      });
      socket.once('close', () => {
        // Whoever is cut off by a half-open way never learns that the other has gone.
        if (!carrier.swallows) {
          if (wasReset) endSocket(other, 'RST');
          else if (!socket.writableFinished) other.destroySoon();
        }
        if (near.destroyed && far.destroyed) {
          pair.up.stop();
          pair.down.stop();
          pairs.delete(pair);
        }
      });
    }
  }

  const server = createServer({ allowHalfOpen: true }, (near) => {
    if (faults.refuse) endSocket(near, 'RST');
    else join(near);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen, () => resolve());
  });

  const cut = (kind: CutKind) => {
    const { size } = pairs;
    for (const pair of pairs) pair.end(kind);
    return size;
  };
  return {
    address: addressOf(server.address()),
    get connections() {
      return pairs.size;
    },
    setFaults(next) {
      faults = next;
      for (const { up, down } of pairs) {
        up.setFaults(next.up ?? {});
        down.setFaults(next.down ?? {});
      }
    },
    cut,
    cutAfter(direction, bytes, kind) {
      const callOffs = [...pairs].map((pair) => pair[direction].cutAfter(bytes, () => pair.end(kind)));
      return () => {
        for (const callOff of callOffs) callOff();
      };
    },
    injectGarbage(direction, bytes) {
      for (const pair of pairs) {
        pair[direction].insert(Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256))));
      }
    },
    retarget(next) {
      target = next;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut('RST');
      await closed;
    },
  };
}

function endSocket(socket: Socket, kind: CutKind): void {
  socket.on('error', () => {}); // it may be reset by the other side while we do so
  // While the kernel is being told of an end, libuv refuses to reset (EINVAL), and Node then never closes the socket.
  const isEnding = socket.writableEnded && !socket.writableFinished;
  const canReset = !socket.destroyed && socket.remoteFamily !== undefined;
  if (kind === 'RST' && canReset && !isEnding) socket.resetAndDestroy();
  else socket.destroy();
}

function addressOf(bound: ReturnType<ReturnType<typeof createServer>['address']>): ChaosAddress {
  if (bound === null) throw new Error('The proxy does not listen.');
  return typeof bound === 'string' ? { path: bound } : { host: bound.address, port: bound.port };
}
