import { defineConfig } from 'vitest/config';

// graphql has two builds and no `exports` map: Vite would take the one for bundlers, while Apollo, which it leaves to
// Node, gets the other, and graphql-js refuses to work with two of itself.
const resolve = { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] };

/**
 * Times here end what would never end, and are no measure: a test waits for what it needs to be so, on a machine that is
 * busy with something else as well. `expect.poll` gives up a little before, to say what it waited for.
 *
 * unit: pure and in-process. contract: one suite for every far end of a driver.
 * e2e: the gateway as a user meets it. lab: real libvirtd and sshd, in network namespaces.
 * chaos: a minute in which everything breaks, on hosts of the lab.
 * soak: three minutes of faults and clients on embedded hosts, after which nothing is left behind.
 */
const project = (
  name: string,
  include: string[],
  { testTimeout = 60_000, ...options }: { readonly testTimeout?: number; readonly [option: string]: unknown } = {},
) => ({
  resolve,
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 0.75 * testTimeout, interval: 20 } },
    ...options,
  },
});

export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      project('unit', ['test/**/*.test.ts'], {
        exclude: ['test/{contract,e2e,lab,browser}/**', 'test/{chaos/chaos,soak/soak}.test.ts'],
      }),
      project('contract', ['test/contract/*.test.ts']),
      project('e2e', ['test/e2e/*.test.ts'], { testTimeout: 120_000, hookTimeout: 120_000 }),
      project('lab', ['test/lab/*.test.ts'], {
        testTimeout: 180_000,
        hookTimeout: 180_000,
        fileParallelism: false,
      }),
      project('chaos', ['test/chaos/chaos.test.ts'], { testTimeout: 300_000 }),
      // All but the three minutes is waiting, with bounds of its own, until everybody has noticed that it is over.
      project('soak', ['test/soak/soak.test.ts'], { testTimeout: 600_000 }),
      project('browser', ['test/browser/*.test.ts'], { testTimeout: 60_000 }),
    ],
  },
});
