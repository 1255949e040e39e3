import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configKeys } from '../../src/config/json-schema.ts';
import { stateDir } from '../../src/config/state-dir.ts';
import { parseHostUri } from '../../src/config/uri/host-uri.ts';
import { refusedParameters, supportedParameters } from '../../src/config/uri/uri-parameters.ts';
import { hostStatuses } from '../../src/model/host.ts';
import { root } from '../architecture/imports.ts';
import { readPage, sectionUnder, tableUnder } from './markdown.ts';

const page = readPage('docs/OPERATIONS.md');

test('docs/OPERATIONS.md lists every key of the configuration with its default', () => {
  expect(tableUnder(page, 'Keys').map(({ Key, Default }) => [Key, Default])).toEqual(
    configKeys().map(({ path, default: value, required }) => [path, required ? 'required' : defaultText(value)]),
  );
});

test('docs/OPERATIONS.md says the type and the meaning of every key', () => {
  const silent = tableUnder(page, 'Keys').filter(({ Type, Meaning }) => Type === '' || Meaning === '');
  expect(silent).toEqual([]);
});

test('docs/OPERATIONS.md says "Not obeyed yet" of those limits and timings that no code asks for, and of no others', () => {
  const code = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith('.ts') && entry.parentPath !== join(root, 'src/config'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
  const ignored = configKeys()
    .filter(({ path }) => /^(?:limits|timing)\./.test(path) && !code.includes(path.slice(path.indexOf('.'))))
    .map(({ path }) => path);
  const admitted = tableUnder(page, 'Keys').filter(({ Meaning }) => Meaning?.includes('Not obeyed yet'));
  expect(admitted.map(({ Key }) => Key)).toEqual(ignored);
});

test('docs/OPERATIONS.md lists the parameters of URIs with the transports that take them', () => {
  expect(tableUnder(page, 'Parameters').map(({ Parameter, Transports }) => [Parameter, Transports])).toEqual(
    Object.entries(supportedParameters).map(([name, transports]) => [name, transports.join(', ')]),
  );
});

test('docs/OPERATIONS.md names the parameters that are refused', () => {
  const [, after = ''] = sectionUnder(page, 'Parameters').split("Those of libvirt's that are refused:");
  const [sentence = ''] = after.split('. ');
  const named = [...sentence.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name);
  expect(named).toEqual([...refusedParameters.keys()]);
});

describe('a URI that docs/OPERATIONS.md shows is right', () => {
  test.each(tableUnder(page, 'Host URIs').map(({ URI = '' }) => URI))('%s', (uri) => {
    expect(parseHostUri(uri).warnings).toEqual([]);
  });
});

test('docs/OPERATIONS.md explains every status of a host', () => {
  expect(tableUnder(page, 'Host statuses').map(({ Status }) => Status)).toEqual([...hostStatuses]);
});

test('docs/OPERATIONS.md says where the state directory is', () => {
  expect(sectionUnder(page, 'State directory')).toContain('`~/.local/state/virtgraph`');
  expect(stateDir({ HOME: '/home/me' })).toBe('/home/me/.local/state/virtgraph');
  expect(stateDir({ HOME: '/home/me', XDG_STATE_HOME: '/s' })).toBe('/s/virtgraph');
});

/** As the page writes it: text bare, `-` for none. */
function defaultText(value: unknown): string {
  if (value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
