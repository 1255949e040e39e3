import { hostProblem, type VirtgraphError } from '../../../errors.ts';

/** The daemon sent bytes that the protocol does not allow. The connection that carried them is over. */
export function protocolError(message: string): VirtgraphError {
  return hostProblem(
    'PROTOCOL_ERROR',
    message,
    'Check that the socket belongs to a libvirt daemon and that nothing between here and there changes the bytes. The gateway reconnects by itself.',
  );
}
