import { describe, expect, test } from 'vitest';
import { importsOf, importsUnder } from './imports.ts';
import { layerViolations } from './layers.ts';

test('no file of src imports against the plan of the layers', () => {
  const imports = importsUnder('src');
  expect(imports.length).toBeGreaterThan(0);
  expect(layerViolations(imports)).toEqual([]);
});

describe('the judge', () => {
  const violations = (file: string, source: string) => layerViolations(importsOf(file, source));

  test.each([
    ['src/ssh/connection.ts', '../drivers/driver.ts', 'ssh must not import drivers'],
    ['src/drivers/libvirt/driver.ts', '../../fleet/journal.ts', 'drivers must not import fleet'],
    ['src/fleet/fleet.ts', '../resolvers/domain.ts', 'fleet must not import resolvers'],
    ['src/fleet/fleet.ts', '../ssh/connection.ts', 'fleet must not import ssh'],
    ['src/resolvers/domain.ts', '../drivers/driver.ts', 'resolvers must not import drivers'],
    ['src/server/http.ts', '../ssh/connection.ts', 'server must not import ssh'],
    ['src/model/domain.ts', '../net/mac.ts', 'model is a leaf and imports no folder'],
    ['src/errors.ts', './fleet/types.ts', 'errors is a leaf and imports no folder'],
    ['src/net/mac.ts', '../clock.ts', 'net imports model and errors only'],
    ['src/cli/main.ts', '../model/domain.ts', 'cli imports no layer'],
    ['src/web/app.ts', '../fleet/types.ts', 'web imports no layer'],
    ['src/fleet/fleet.ts', '../helpers/util.ts', 'helpers is no room of the plan'],
    ['src/helpers/util.ts', '../errors.ts', 'helpers is no room of the plan'],
    ['src/fleet/journal/journal.ts', '../stats/stats-poller.ts', 'fleet/journal must not import fleet/stats'],
    ['src/fleet/mac/mac-owners.ts', '../fleet.ts', 'fleet.ts is for the layers above'],
    ['src/fleet/misc/things.ts', '../types.ts', 'fleet/misc is no room of the plan'],
    ['src/drivers/libvirt/rpc/client.ts', '../xml/tree.ts', 'drivers/libvirt/rpc must not import drivers/libvirt/xml'],
    ['src/server/cohorts/cohorts.ts', '../open-server.ts', 'open-server.ts is for the layers above'],
    ['src/fleet/fleet.ts', '../../test/lab/lab.ts', 'test/lab/lab.ts is no room of the plan'],
  ])('refuses that %s imports %s', (file, target, complaint) => {
    expect(violations(file, `import { x } from '${target}';`)).toEqual([expect.stringContaining(complaint)]);
  });

  test.each([
    ['src/commands/serve.ts', '../ssh/connection.ts'],
    ['src/fleet/fleet.ts', '../drivers/driver.ts'],
    ['src/fleet/fleet.ts', '../log.ts'],
    ['src/fleet/fleet.ts', './stats/stats-poller.ts'],
    ['src/fleet/journal/journal.ts', '../types.ts'],
    ['src/fleet/journal/journal.ts', '../replica/packed-text.ts'],
    ['src/drivers/libvirt/driver.ts', '../driver.ts'],
    ['src/drivers/libvirt/stats/bulk-stats.ts', '../guests/guest-health.ts'],
    ['src/server/metrics/metrics.ts', '../auth.ts'],
    ['src/config/schema.ts', '../model/target.ts'],
    ['src/net/mac.ts', '../errors.ts'],
  ])('lets %s import %s', (file, target) => {
    expect(violations(file, `import { x } from '${target}';`)).toEqual([]);
  });

  test.each([
    "import type { A } from '../fleet/journal/journal.ts';",
    "export { a } from '../fleet/journal/journal.ts';",
    "export * from '../fleet/journal/journal.ts';",
    "import {\n  a,\n  b,\n} from '../fleet/journal/journal.ts';",
    "import '../fleet/journal.ts';",
    "const a = await import('../fleet/journal/journal.ts');",
    "type A = import('../fleet/journal/journal.ts').A;",
  ])('sees %j', (source) => {
    expect(violations('src/ssh/a.ts', source)).toHaveLength(1);
  });

  test('does not read comments and template strings as imports', () => {
    const source =
      "// import '../fleet/a.ts'\n/* import '../fleet/a.ts'; */\nconst text = `\nimport '../fleet/a.ts';\n`;";
    expect(violations('src/ssh/a.ts', source)).toEqual([]);
  });

  test('refuses I/O in net', () => {
    expect(violations('src/net/mac.ts', "import { readFileSync } from 'node:fs';")).toHaveLength(1);
    expect(violations('src/ssh/keys.ts', "import { readFileSync } from 'node:fs';")).toEqual([]);
  });
});
