/** The text as it may be shown: without a password that may have been written into it. */
export function redactUri(text: string): string {
  const shown = text.slice(0, 2_000);
  return (
    shown
      .replace(/(:\/\/[^/@:?[\]]*):.*@/s, '$1:***@')
      // Without an "@" behind it: a port, or a password whose end is missing.
      .replace(/(:\/\/[^/@:?[\]]*):(?!\d{1,5}(?:[/?#]|$)|\*)[^/?#]*/, '$1:***')
      .replace(/([?&;]name=)[^&;]*%40[^&;]*/i, '$1***')
      // No parameter holds one, but somebody may have thought so.
      .replace(/([?&;][^=&;]*(?:pass|pwd|secret|token)[^=&;]*=)[^&;]*/gi, '$1***')
  );
}
