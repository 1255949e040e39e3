import { VirtgraphError } from '../errors.ts';
import type { ActionOutcome, ActionRequest } from '../fleet/actions/action.ts';
import type { Context } from './context.ts';
import { requireDomain, requireHost } from './lookup.ts';
import type { DomainActionInput, MutationResolvers, UndefineDomainInput } from './schema.gen.ts';

export const domainMutations = {
  startDomain: async (_root, { input }, context) =>
    payload(input, await context.fleet.actions.start({ ...input, ...request(input, context) })),

  shutdownDomain: async (_root, { input }, context) =>
    payload(
      input,
      await context.fleet.actions.shutdown({ ...input, ...request(input, context), waitMs: waitMsOf(input) }),
    ),

  rebootDomain: async (_root, { input }, context) =>
    payload(
      input,
      await context.fleet.actions.reboot({ ...input, ...request(input, context), waitMs: waitMsOf(input) }),
    ),

  resetDomain: async (_root, { input }, context) =>
    payload(input, await context.fleet.actions.reset(request(input, context))),

  forceOffDomain: async (_root, { input }, context) =>
    payload(input, await context.fleet.actions.forceOff({ ...input, ...request(input, context) })),

  suspendDomain: async (_root, { input }, context) =>
    payload(input, await context.fleet.actions.suspend(request(input, context))),

  resumeDomain: async (_root, { input }, context) =>
    payload(input, await context.fleet.actions.resume(request(input, context))),

  async defineDomain(_root, { input }, context) {
    const { name: hostName } = requireHost(context, input.host);
    const { xml, validate, dryRun } = input;
    const expectedVersion = input.expectedVersion ?? null;
    const { signal, fleet, sending } = context;
    const what = { hostName, xml, validate, dryRun, expectedVersion };
    return payload(input, await fleet.actions.define({ ...what, signal, ...(sending && { sending }) }));
  },

  async undefineDomain(_root, { input }, context) {
    const action = request(input, context);
    const outcome = await context.fleet.actions.undefine({ ...action, choices: undefineChoices(input) });
    const domainId = context.ids.encode({ kind: 'domain', hostName: action.hostName, uuid: action.uuid });
    const { domain, summary, dryRun } = payload(input, outcome);
    return { domain, summary, dryRun, domainId };
  },

  setDomainAutostart: async (_root, { input }, context) =>
    payload(input, await context.fleet.actions.setAutostart({ ...input, ...request(input, context) })),
} satisfies MutationResolvers;

/** @throws BAD_USER_INPUT for what is both to go and to stay */
function undefineChoices(input: UndefineDomainInput) {
  const { removeManagedSave, removeSnapshotMetadata, removeCheckpointMetadata } = input;
  const { removeNvram, keepNvram, removeTpm, keepTpm } = input;
  const contradiction = removeNvram && keepNvram ? 'Nvram' : removeTpm && keepTpm ? 'Tpm' : null;
  if (contradiction !== null) {
    const message = `remove${contradiction} and keep${contradiction} contradict each other.`;
    throw new VirtgraphError('BAD_USER_INPUT', message, { outcome: 'NOT_SENT' });
  }
  const records = { removeManagedSave, removeSnapshotMetadata, removeCheckpointMetadata };
  return { ...records, removeNvram, keepNvram, removeTpm, keepTpm };
}

/** What every action on a domain is told. @throws NOT_FOUND, CONFLICT, BAD_USER_INPUT as `requireDomain` does */
export function request(input: DomainActionInput, context: Context): ActionRequest {
  const { hostName, uuid } = requireDomain(context, input.domain);
  return {
    hostName,
    uuid,
    dryRun: input.dryRun,
    expectedVersion: input.expectedVersion ?? null,
    signal: context.signal,
    ...(context.sending && { sending: context.sending }),
  };
}

export function payload({ dryRun }: { readonly dryRun: boolean }, outcome: ActionOutcome) {
  const { domain, summary, warnings, task = null, differences = null } = outcome;
  return { domain, summary, warnings, dryRun, task, diff: differences };
}

const longestWaitSeconds = 86_400;

/** @throws BAD_USER_INPUT */
function waitMsOf({ waitSeconds }: { readonly waitSeconds: number }): number {
  if (waitSeconds >= 1 && waitSeconds <= longestWaitSeconds) return waitSeconds * 1000;
  throw new VirtgraphError(
    'BAD_USER_INPUT',
    `Expected \`waitSeconds\` from 1 to ${longestWaitSeconds}, saw ${waitSeconds}.`,
    { outcome: 'NOT_SENT' },
  );
}
