import {
  type FieldNode,
  GraphQLIncludeDirective,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getDirectiveValues,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { StatsGroup } from '../model/stats.ts';

/**
 * Look-ahead: what a query selects below the field that is being resolved. Fragments are followed, `@skip` and
 * `@include` obeyed. Types are not looked at: a field that only a fragment on another type selects counts too,
 * which may ask for too much, never for too little.
 */
function selectedFields(info: GraphQLResolveInfo, path: readonly string[]): ReadonlySet<string> {
  let nodes: readonly FieldNode[] = info.fieldNodes;
  for (const name of path) nodes = fieldsBelow(info, nodes).filter((node) => node.name.value === name);
  return new Set(fieldsBelow(info, nodes).map((node) => node.name.value));
}

const groupByField: Readonly<Record<string, StatsGroup>> = {
  state: 'state',
  cpu: 'cpu',
  memory: 'balloon',
  vcpus: 'vcpu',
  interfaces: 'interface',
  disks: 'block',
};

/**
 * The groups of readings that a selection on `DomainStats` at `path` needs. Never none, since a host takes an empty
 * list for "all of them", which is the dearest question there is; `state` is nearly free.
 */
export function selectedStatsGroups(info: GraphQLResolveInfo, path: readonly string[]): readonly StatsGroup[] {
  const groups = [...selectedFields(info, path)].flatMap((name) => groupByField[name] ?? []);
  return groups.length > 0 ? groups : ['state'];
}

function fieldsBelow(info: GraphQLResolveInfo, nodes: readonly FieldNode[]): readonly FieldNode[] {
  const found: FieldNode[] = [];
  // A fragment's fields are needed once, however often it is spread.
  const visited = new Set<string>();
  for (const node of nodes) if (node.selectionSet) collect(info, node.selectionSet, visited, found);
  return found;
}

function collect(info: GraphQLResolveInfo, set: SelectionSetNode, visited: Set<string>, found: FieldNode[]): void {
  for (const selection of set.selections) {
    const { variableValues } = info;
    if (getDirectiveValues(GraphQLSkipDirective, selection, variableValues)?.['if'] === true) continue;
    if (getDirectiveValues(GraphQLIncludeDirective, selection, variableValues)?.['if'] === false) continue;
    switch (selection.kind) {
      case Kind.FIELD:
        found.push(selection);
        break;
      case Kind.INLINE_FRAGMENT:
        collect(info, selection.selectionSet, visited, found);
        break;
      case Kind.FRAGMENT_SPREAD: {
        const { value: name } = selection.name;
        const fragment = info.fragments[name];
        if (visited.has(name) || !fragment) break;
        visited.add(name);
        collect(info, fragment.selectionSet, visited, found);
        break;
      }
      default:
        selection satisfies never;
    }
  }
}
