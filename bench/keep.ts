/** For what is opened on the way and closed together at the end: `const python = keep(await openPython(…))`. */
export function keepIn(stack: AsyncDisposableStack) {
  return <T extends { close(): Promise<unknown> }>(opened: T): T => {
    stack.defer(async () => {
      await opened.close();
    });
    return opened;
  };
}

export type Keep = ReturnType<typeof keepIn>;
