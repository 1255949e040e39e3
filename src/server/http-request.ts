/** As GraphQL over HTTP looks at it. */
export type HttpRequest = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** With its question mark, or empty. */
  readonly search: string;
  /** Parsed JSON. */
  readonly body: unknown;
};
