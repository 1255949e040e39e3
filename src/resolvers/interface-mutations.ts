import { payload, request } from './domain-mutations.ts';
import type { InterfaceSource, MutationResolvers } from './schema.gen.ts';

export const interfaceMutations = {
  async attachInterface(_root, { input }, context) {
    const outcome = await context.fleet.actions.attachInterface({
      ...request(input, context),
      source: toSource(input.source),
      model: input.model ?? null,
      macAddress: input.macAddress ?? null,
      live: input.live ?? null,
      persistent: input.persistent ?? null,
      force: input.force,
    });
    const { domain, macAddress, summary, warnings } = outcome;
    const nic = input.dryRun ? undefined : domain?.config.interfaces.find((each) => each.macAddress === macAddress);
    return {
      domain,
      interface: domain && nic ? { domain, nic } : null,
      macAddress,
      summary,
      warnings,
      dryRun: input.dryRun,
    };
  },

  async detachInterface(_root, { input }, context) {
    const outcome = await context.fleet.actions.detachInterface({
      ...request(input, context),
      macAddress: input.macAddress,
      live: input.live ?? null,
      persistent: input.persistent ?? null,
    });
    return payload(input, outcome);
  },
} satisfies MutationResolvers;

/** Exactly one of them is given: `@oneOf`, which graphql-js checks. */
function toSource(source: InterfaceSource): { readonly kind: 'network' | 'bridge'; readonly name: string } {
  return typeof source.network === 'string'
    ? { kind: 'network', name: source.network }
    : { kind: 'bridge', name: source.bridge ?? '' };
}
