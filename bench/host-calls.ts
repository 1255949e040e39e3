import type { Gateway } from '../test/lab/gateway.ts';

/** How many calls to hosts a gateway has made since its start, from its metrics. Without guests' readings, which cost calls. */
export async function readHostCalls(gateway: Gateway): Promise<number> {
  const calls = /^virtgraph_host_call_duration_seconds_count\{[^}]*\} (\d+)$/gm;
  return [...(await scrape(gateway, '?readings=none')).matchAll(calls)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
}

export async function scrape({ url, token }: Gateway, search = ''): Promise<string> {
  const response = await fetch(`${url}/metrics${search}`, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`/metrics answered ${response.status}`);
  return await response.text();
}
