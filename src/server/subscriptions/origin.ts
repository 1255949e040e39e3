/**
 * Whether a page of `origin` may open a WebSocket. Browsers do not guard sockets as they guard requests: any page may
 * open one anywhere, and only the server can say no. Scripts send no Origin and are let through; they have no cookies
 * or passwords of somebody else's to misuse.
 *
 * @param host the `Host` header: what the browser thinks it is talking to
 * @param allowed origins such as https://dashboard.example
 */
export function isAllowedOrigin(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
