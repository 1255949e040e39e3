// A reporter of vitest's. Its JSON reporter leaves out what was thrown outside of any test.
import { writeFileSync } from 'node:fs';

export default class OutsideErrors {
  /** Writes a list to the file that OUTSIDE_ERRORS_FILE names: of each such error the test file it came from, or null. */
  onTestRunEnd(_modules, errors) {
    const path = process.env.OUTSIDE_ERRORS_FILE;
    if (path) writeFileSync(path, JSON.stringify(errors.map(({ VITEST_TEST_PATH: file }) => file ?? null)));
  }
}
