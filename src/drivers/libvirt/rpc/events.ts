/** What the daemon tells of by itself: messages that answer no call. */
import type { HostHint } from '../../../model/hints.ts';
import { nameOf } from './event-names.ts';
import { domainEvents } from './events-domain.ts';
import { objectEvents } from './events-objects.ts';
import { type Frame, messageStatuses, messageTypes, programs } from './frame.ts';
import { decode, int, struct } from './xdr.ts';

/** `REMOTE_PROC_CONNECT_EVENT_CONNECTION_CLOSED`: the daemon itself lost the driver behind it. */
export const closeEvent = { procedure: 362, message: struct({ reason: int }) } as const;

/** `virConnectCloseReason`. */
const closeReasons = ['error', 'end of file', 'keepalive', 'client'] as const;

export type DaemonMessage =
  | { readonly kind: 'hint'; readonly hint: HostHint }
  | { readonly kind: 'driverClosed'; readonly reason: string }
  /** From a newer daemon, or something that was never asked for. */
  | { readonly kind: 'unknown'; readonly procedure: number };

const hintReaders = new Map<number, (payload: Buffer) => HostHint>();
for (const [name, event] of Object.entries(domainEvents)) {
  hintReaders.set(event.procedure, (payload) => event.readHint(name, payload));
}
for (const event of Object.values(objectEvents)) {
  hintReaders.set(event.procedure, (payload) => event.readHint(payload));
}

/** Reads a frame of type MESSAGE of the remote program. A message that is known but malformed is a `protocolError`. */
export function readDaemonMessage({ procedure, payload }: Pick<Frame, 'procedure' | 'payload'>): DaemonMessage {
  if (procedure === closeEvent.procedure) {
    const { reason } = decode(closeEvent.message, payload);
    return { kind: 'driverClosed', reason: nameOf(closeReasons, reason) };
  }
  const readHint = hintReaders.get(procedure);
  return readHint ? { kind: 'hint', hint: readHint(payload) } : { kind: 'unknown', procedure };
}

/** The header of a message that the daemon sends by itself; its serial means nothing. */
export function messageHeader(procedure: number) {
  return {
    program: programs.remote.number,
    version: programs.remote.version,
    procedure,
    type: messageTypes.MESSAGE,
    serial: 0,
    status: messageStatuses.OK,
  } as const;
}
