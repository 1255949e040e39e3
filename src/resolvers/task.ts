import { VirtgraphError } from '../errors.ts';
import type { Fleet } from '../fleet/types.ts';
import { parseUuid, type Uuid } from '../model/brands.ts';
import { isTaskOver, type TaskRecord } from '../model/task.ts';
import { connectionOf, pageSize } from './connection.ts';
import type { Context } from './context.ts';
import { expectKind } from './ids.ts';
import { requireDomain, requireHost } from './lookup.ts';
import type {
  DomainPayloadResolvers,
  HostPayloadResolvers,
  MutationResolvers,
  ProbeReportResolvers,
  QueryResolvers,
  SubscriptionResolvers,
  TaskPayloadResolvers,
  TaskResolvers,
  TrustHostKeyPayloadResolvers,
} from './schema.gen.ts';

export const taskQueries = {
  task: (_root, { id }, context) => context.fleet.tasks.find(taskUuid(context, id)),
  tasks(_root, { filter, first, after }, context) {
    for (const name of filter?.hosts ?? []) requireHost(context, name);
    const domain = filter?.domain ? requireDomain(context, filter.domain) : null;
    const { hosts = null, states = null, kinds = null } = filter ?? {};
    const query = { filter: { hosts, states, kinds, domain }, first: pageSize(first), after: after ?? null };
    return connectionOf(context.fleet.tasks.list(query));
  },
} satisfies QueryResolvers;

export const taskMutations = {
  cancelTask: async (_root, { input }, context) => ({
    task: await context.fleet.tasks.cancel(taskUuid(context, input.task), context.signal),
  }),
} satisfies MutationResolvers;

export const taskSubscriptions = {
  taskProgress: {
    subscribe: (_root, { id }, context) => context.fleet.tasks.watch(taskUuid(context, id)),
    resolve: (task: TaskRecord) => task,
  },
} satisfies SubscriptionResolvers;

export const task = {
  Task: {
    id: ({ hostName, id }, _args, { ids }) => ids.encode({ kind: 'task', hostName, uuid: id }),
    kind: ({ taskKind }) => taskKind,
    host: ({ hostName }, _args, { fleet }) => fleet.host(hostName),
    domain: ({ hostName, domainUuid, domainName }, _args, { fleet }) =>
      domainUuid === null ? domainNamed(fleet, hostName, domainName) : fleet.domain(hostName, domainUuid),
    probe(known, _args, { fleet }) {
      const host = fleet.host(known.hostName);
      return known.probe && host ? { ...known.probe, host, task: isTaskOver(known) ? null : known } : null;
    },
  } satisfies TaskResolvers,

  DomainPayload: { task: presentTask } satisfies DomainPayloadResolvers,
  HostPayload: { task: presentTask } satisfies HostPayloadResolvers,
  ProbeReport: { task: presentTask } satisfies ProbeReportResolvers,
  TrustHostKeyPayload: { task: presentTask } satisfies TrustHostKeyPayloadResolvers,
  TaskPayload: {
    task: ({ task: known }, _args, { fleet }) => fleet.tasks.find(known.id) ?? known,
  } satisfies TaskPayloadResolvers,
};

/** As it stands now: the payload may be that of an earlier answer. */
function presentTask(
  { task: known }: { readonly task?: TaskRecord | null },
  _args: object,
  { fleet }: Context,
): TaskRecord | null {
  return known ? (fleet.tasks.find(known.id) ?? known) : null;
}

function domainNamed(fleet: Fleet, hostName: string, name: string | null) {
  return name === null ? null : fleet.domainByName(hostName, name);
}

/** @throws BAD_USER_INPUT for what is not the id of a task of this gateway */
function taskUuid({ ids }: Context, id: string): Uuid {
  const ref = ids.decode(id);
  expectKind(ref, 'task');
  const uuid = parseUuid(ref.uuid);
  if (uuid !== null) return uuid;
  throw new VirtgraphError('BAD_USER_INPUT', 'This is not the id of a task.');
}
