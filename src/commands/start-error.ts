/** Why the gateway cannot start, in one sentence for the person who started it. No stack is shown. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** The sentence for what the system refused when it was asked to listen; `null` for what is not of that kind. */
export function explainListenError(error: unknown, host: string, port: number): StartError | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartError(
        `Port ${port} of ${host} is taken: another program, perhaps another gateway, listens there. Choose one with --port.`,
      );
    case 'EACCES':
      return new StartError(`This user may not listen on port ${port} of ${host}. Choose one above 1023 with --port.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartError(`${host} is not an address of this machine. Choose one with --host.`);
    default:
      return null;
  }
}
