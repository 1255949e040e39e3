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

  retryHost: async (_root, { input }, { hostAdmin, signal }) => ({ host: await hostAdmin.retry(input.host, signal) }),

  async trustHostKey(_root, { input }, { hostAdmin, signal }) {
    const { fingerprint: expected, replace } = input;
    const { host, key } = await hostAdmin.trust(input.host, { fingerprint: expected, replace }, signal);
    const { name: knownAs, keyType, fingerprint, file: recordedIn, replaced } = key;
    return { host, knownAs, keyType, fingerprint, recordedIn, replaced };
  },
} satisfies MutationResolvers;

function toLabels(labels: readonly LabelInput[]): Readonly<Record<string, string>> {
  return Object.fromEntries(labels.map(({ key, value }) => [key, value]));
}
