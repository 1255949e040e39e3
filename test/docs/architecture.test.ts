import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../architecture/imports.ts';
import { innerRooms, layers, leaves } from '../architecture/layers.ts';
import { readPage, sectionUnder, tableUnder } from './markdown.ts';

const page = readPage('docs/ARCHITECTURE.md');
const layerRows = tableUnder(page, 'Layers');

test('docs/ARCHITECTURE.md shows the layers as the test of the layers has them', () => {
  expect(layerRows.map((row) => [row['Room'], row['May import']])).toEqual(
    Object.entries(layers).map(([room, others]) => [room, others.join(', ') || '-']),
  );
});

test('docs/ARCHITECTURE.md lists the leaves', () => {
  const [, listed] = /^ *leaves: (.*)$/m.exec(sectionUnder(page, 'Layers')) ?? [];
  expect(listed?.split(', ')).toEqual(leaves);
});

describe('docs/ARCHITECTURE.md lists rooms within a room in the order in which they may import each other', () => {
  test.each(Object.entries(innerRooms))('%s', (house, { rooms }) => {
    const listed = tableUnder(page, `\`${house}\``).map((row) => row['Room']);
    expect(listed).toEqual(rooms.map((room) => `${house}/${room}`));
  });
});

describe('docs/ARCHITECTURE.md says of a room whether it is there', () => {
  test.each(layerRows.map((row) => [row['Room'] ?? '', row['What it is'] ?? ''] as const))('%s', (room, what) => {
    const isThere = existsSync(join(root, 'src', room)) || existsSync(join(root, 'src', `${room}.ts`));
    expect(what.startsWith('Not there yet')).toBe(!isThere);
  });
});

test('docs/ARCHITECTURE.md names every folder of src, and every file that stands in it', () => {
  const folders = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.parentPath === join(root, 'src'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  expect(folders.filter((path) => !page.includes(`\`${path}\``))).toEqual([]);
});

describe('a path that the documentation names is there', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];
  const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const named = [...pages, ...docs.map((name) => `docs/${name}`)].flatMap((name) => {
    const paths = [...readPage(name).matchAll(/`((?:src|test|docs|examples|scripts|bench)\/[\w./-]*)`/g)];
    return paths.map(([, path = '']) => [path, name] as const);
  });
  test.each(named)('%s, in %s', (path) => {
    expect(existsSync(join(root, path))).toBe(true);
  });
});

describe('a link within the documentation leads somewhere', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];
  const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const links = [...pages, ...docs.map((name) => `docs/${name}`)].flatMap((name) =>
    [...readPage(name).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target = '']) => [target, name] as const),
  );
  test.each(links)('%s, in %s', (target, name) => {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? name : join(name, '..', path);
    expect(existsSync(join(root, file))).toBe(true);
    expect(anchor === undefined || anchorsOf(readPage(file)).includes(anchor)).toBe(true);
  });
});

/** As GitHub makes them of headings. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
