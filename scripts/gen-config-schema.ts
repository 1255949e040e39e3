/**
 * Writes docs/virtgraph.schema.json, the JSON Schema of virtgraph.yaml for editors.
 * With --check it writes nothing and fails when the file is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { configJsonSchema } from '../src/config/json-schema.ts';

const file = new URL('../docs/virtgraph.schema.json', import.meta.url);
const generated = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;

if (process.argv.includes('--check')) {
  if (readOrNull() !== generated) {
    console.error('docs/virtgraph.schema.json is out of date: run node scripts/gen-config-schema.ts');
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, generated);
}

function readOrNull(): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
