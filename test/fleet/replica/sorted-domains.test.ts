import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DomainRecord } from '../../../src/fleet/objects.ts';
import type { DomainOrderField } from '../../../src/fleet/replica/domain-page.ts';
import { createSortedDomains } from '../../../src/fleet/replica/sorted-domains.ts';
import { domainRecord } from '../domain-record.ts';

const fields: readonly DomainOrderField[] = ['NAME', 'HOST', 'STATE', 'MEMORY', 'VCPUS'];
const change = fc.record({
  number: fc.nat({ max: 150 }),
  name: fc.constantFrom('a', 'b', 'ü', ''),
  hostName: fc.constantFrom('h1', 'h2'),
  state: fc.constantFrom('RUNNING' as const, 'SHUTOFF' as const),
  isGone: fc.boolean(),
});

test.each(fields)('domains kept sorted by %s are as if sorted anew, after few changes and after many', (field) => {
  fc.assert(
    fc.property(
      fc.array(fc.array(change, { size: 'large', maxLength: 200 }), { maxLength: 5 }),
      fc.nat({ max: 200 }),
      (turns, most) => {
        const present = new Map<number, DomainRecord>();
        const sorted = createSortedDomains(field, []);
        let changes = 0;
        for (const turn of turns) {
          for (const { number, isGone, ...parts } of turn) {
            const next = isGone ? null : domainRecord({ number, ...parts, memoryBytes: number % 3 });
            sorted.replace(present.get(number) ?? null, next);
            if (++changes % 50 === 0) sorted.merge(most);
            if (next === null) present.delete(number);
            else present.set(number, next);
          }
          const anew = createSortedDomains(field, present.values());
          // Part of it is merged in by turns, the rest when somebody looks.
          sorted.merge(most);
          expect(sorted.list()).toEqual(anew.list());
        }
      },
    ),
    { numRuns: 60 },
  );
});
