import { isIP } from 'node:net';

/** Whether it may be an address, or the name of one: what holds a port, a path or a scheme is neither. */
export function isListenHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) !== 0 || /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?$/.test(host);
}
