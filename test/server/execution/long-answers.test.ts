import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { openGateway, testToken } from '../../support/gateway.ts';
import { createMemoryFleet, someDomain } from '../../support/memory-fleet.ts';

test('an answer that was made in many turns arrives whole, with its length', async () => {
  const fleet = createMemoryFleet();
  fleet.putHost({ name: 'alpha' });
  for (let number = 1; number <= 500; number++) fleet.putDomain(someDomain('alpha', number, { stateReason: 'bööted' }));
  let looks = 0;
  // Each look at the clock is a millisecond, so that a turn is over after a few.
  const clock = { ...systemClock, monotonic: () => looks++ };
  const server = await openGateway(fleet, { clock });
  try {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${testToken}` },
      body: JSON.stringify({ query: '{ domains(first: 500) { nodes { uuid name state stateReason vcpus } } }' }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
    const { data } = JSON.parse(bytes.toString());
    expect(data.domains.nodes).toHaveLength(500);
    expect(data.domains.nodes[499]).toMatchObject({ stateReason: 'bööted', vcpus: 2 });
    expect(looks).toBeGreaterThan(20);
  } finally {
    await server.close();
  }
});
