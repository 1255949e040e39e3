import { VirtgraphError } from '../errors.ts';
import { answerWait } from './answer-wait.ts';
import type { LabelInput, MutationResolvers } from './schema.gen.ts';

/** Changes of the fleet itself. Who may do what, and what is written down of it, is decided by the host admin. */
export const hostAdminMutations = {
  async addHost(_root, { input }, { hostAdmin }) {
    const { name, uri, labels, jump, readOnly, dryRun } = input;
    const host = { name, uri, labels: toLabels(labels), jump, readOnly };
    return { ...(await hostAdmin.add(host, { dryRun })), dryRun };
  },

  async updateHost(_root, { input }, { hostAdmin }) {
    const { host, uri, labels, jump, readOnly, dryRun } = input;
    const changes = {
      ...(typeof uri === 'string' && { uri }),
      ...(labels && { labels: toLabels(labels) }),
      ...(jump && { jump }),
      ...(typeof readOnly === 'boolean' && { readOnly }),
    };
    return { ...(await hostAdmin.update(host, changes, { dryRun })), dryRun };
  },

  async removeHost(_root, { input: { host, dryRun } }, { hostAdmin, ids }) {
    const { summary } = await hostAdmin.remove(host, { dryRun });
    return { hostId: ids.encode({ kind: 'host', hostName: host, uuid: '' }), summary, dryRun };
  },

  retryHost: (_root, { input }, context) => context.hostAdmin.retry(input.host, answerWait(context, input)),

  async trustHostKey(_root, { input }, context) {
    const request = { fingerprint: input.fingerprint, replace: input.replace };
    const { host, key, task } = await context.hostAdmin.trust(input.host, request, answerWait(context, input));
    const { name: knownAs, keyType, fingerprint, file: recordedIn, replaced } = key;
    return { host, knownAs, keyType, fingerprint, recordedIn, replaced, task };
  },
} satisfies MutationResolvers;

/** @throws BAD_USER_INPUT: of two values for one key, neither is dropped in silence */
function toLabels(labels: readonly LabelInput[]): Readonly<Record<string, string>> {
  const again = labels.find(({ key }, index) => labels.findIndex((other) => other.key === key) < index);
  if (again) {
    throw new VirtgraphError('BAD_USER_INPUT', `The label ${JSON.stringify(again.key)} is given twice.`, {
      outcome: 'NOT_SENT',
      remedy: 'A host has one value for each key.',
    });
  }
  return Object.fromEntries(labels.map(({ key, value }) => [key, value]));
}
