import { buildSchema, executeSync, type GraphQLResolveInfo, isObjectType, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { selectedStatsGroups } from '../../src/resolvers/select.ts';
import { readSdl } from '../support/gateway.ts';

const sdl = await readSdl();

/** What a query that selects `stats` on one domain is seen to need. Not validated, so that unused fragments may stand. */
function groupsOf(stats: string, variableValues: Record<string, unknown> = {}): readonly string[] {
  const schema = buildSchema(sdl);
  const found: string[] = [];
  const domain = schema.getType('Domain');
  const field = isObjectType(domain) ? domain.getFields()['stats'] : undefined;
  if (!field) throw new Error('The schema has no Domain.stats');
  field.resolve = (_domain, _args, _context, info: GraphQLResolveInfo) => {
    found.push(...selectedStatsGroups(info, []));
    return null;
  };
  const document = parse(`query ($on: Boolean = true) { domain(by: { id: "x" }) { ${stats} } }
    fragment Cpu on DomainStats { cpu { usage } }
    fragment All on DomainStats { ...Cpu ...Memory }
    fragment Memory on DomainStats { memory { current } }`);
  executeSync({ schema, document, rootValue: { domain: {} }, variableValues });
  return found.sort();
}

describe('the groups of readings that are asked of a host', () => {
  test('are those of the fields that are selected', () => {
    expect(groupsOf('stats { disks { name } sampledAt }')).toEqual(['block']);
    expect(groupsOf('stats { state vcpus { index } interfaces { name } }')).toEqual(['interface', 'state', 'vcpu']);
  });
  test('are found in fragments, also within fragments', () => {
    expect(groupsOf('stats { ...All }')).toEqual(['balloon', 'cpu']);
  });
  test('are found in inline fragments', () => {
    expect(groupsOf('stats { ... on DomainStats { vcpus { index } } ... { ...Cpu } }')).toEqual(['cpu', 'vcpu']);
  });
  test('are those of a field that is selected in several places', () => {
    expect(groupsOf('stats { cpu { usage } } stats { ...Memory }')).toEqual(['balloon', 'cpu']);
  });
  test('are left out where @skip or @include say so', () => {
    const selection =
      'stats { cpu @include(if: $on) { usage } interfaces @skip(if: $on) { name } ...Memory @skip(if: true) }';
    expect(groupsOf(selection)).toEqual(['cpu']);
    expect(groupsOf(selection, { on: false })).toEqual(['interface']);
  });
  test('are never none, which a host would take for all', () => {
    expect(groupsOf('stats { sampledAt ...All @include(if: false) }')).toEqual(['state']);
  });
});
