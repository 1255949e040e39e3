import type { SshHop } from '../model/target.ts';
import { type Report, readEndpoint } from './endpoint.ts';

/** Reads hops in the notation of OpenSSH's ProxyJump: `[user@]host[:port]`, separated by commas, first hop first. */
export function readJumpHops(text: string, report: Report): readonly SshHop[] {
  return text.split(',').flatMap((hop) => {
    const endpoint = readEndpoint(hop.trim().replace(/^ssh:\/\//, ''), report);
    if (endpoint === null) return [];
    const { host, port, user } = endpoint;
    if (host !== null) return [{ host, port, user }];
    report('Expected [user@]host[:port], saw a hop without a host.');
    return [];
  });
}
