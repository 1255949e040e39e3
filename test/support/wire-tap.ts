import { Duplex } from 'node:stream';
import { decodePayload, FrameParser, messageTypes, programs } from '../../src/drivers/libvirt/rpc/frame.ts';
import type { Procedure } from '../../src/drivers/libvirt/rpc/procedure.ts';
import { procedures } from '../../src/drivers/libvirt/rpc/procedures.ts';

export type WireTap = {
  /** The same connection, listened to. */
  readonly tap: (far: Duplex) => Duplex;
  /** The arguments of every call of that procedure so far, as they were on the wire. */
  readonly calls: <A>(procedure: Procedure<A, unknown>) => readonly A[];
  readonly clear: () => void;
};

/** Reads along what is sent to a daemon. */
export function createWireTap(): WireTap {
  const seen: { readonly procedure: number; readonly args: unknown }[] = [];
  const byNumber = new Map<number, Procedure<unknown, unknown>>(
    Object.values(procedures).map((procedure) => [
      procedure.number,
      procedure as unknown as Procedure<unknown, unknown>,
    ]),
  );
  return {
    tap(far) {
      const parser = new FrameParser();
      const near = new Duplex({
        read() {},
        write(chunk: Buffer, _encoding, done) {
          parser.push(chunk, (frame) => {
            const procedure = byNumber.get(frame.procedure);
            if (frame.program !== programs.remote.number || frame.type !== messageTypes.CALL || !procedure) return;
            seen.push({ procedure: frame.procedure, args: decodePayload(frame, procedure.args) });
          });
          far.write(chunk, () => done());
        },
        final(done) {
          far.end(() => done());
        },
        destroy(error, done) {
          far.destroy();
          done(error);
        },
      });
      far.on('data', (chunk: Buffer) => near.push(chunk));
      far.on('end', () => near.push(null));
      far.on('close', () => near.destroy());
      far.on('error', () => near.destroy());
      return near;
    },
    calls<A>(procedure: Procedure<A, unknown>) {
      // Decoded above by the codec of the procedure of that number.
      return seen.filter((call) => call.procedure === procedure.number).map(({ args }) => args as A);
    },
    clear: () => void seen.splice(0),
  };
}
