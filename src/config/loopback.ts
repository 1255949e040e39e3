import { isIPv4 } from 'node:net';

/** Whether only this machine can reach what listens on `host`. A name other than localhost may mean anything. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}
