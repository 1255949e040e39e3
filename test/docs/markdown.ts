import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../architecture/imports.ts';

/** A page of the documentation, by its path from the repository's root. */
export function readPage(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The rows of the first table below a heading: cells by the column's title, without the marks of code. */
export function tableUnder(page: string, heading: string): readonly Readonly<Record<string, string>>[] {
  const lines = sectionUnder(page, heading).split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  if (first < 0) throw new Error(`There is no table below "${heading}".`);
  const end = lines.findIndex((line, index) => index > first && !line.startsWith('|'));
  const [titles = [], , ...rows] = lines.slice(first, end < 0 ? undefined : end).map(cellsOf);
  return rows.map((cells) => Object.fromEntries(titles.map((title, column) => [title, cells[column] ?? ''])));
}

/** The text between a heading and the next one, of whatever depth. */
export function sectionUnder(page: string, heading: string): string {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (start < 0) throw new Error(`There is no heading "${heading}".`);
  const end = lines.findIndex((line, index) => index > start && /^#+ /.test(line));
  return lines.slice(start + 1, end < 0 ? undefined : end).join('\n');
}

/** `\|` is a bar within a cell. */
function cellsOf(line: string): readonly string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', '').replaceAll('\\|', '|'));
}

/** The texts of the code blocks in a language. */
export function blocksOf(page: string, language: string): readonly string[] {
  return [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, found, text = '']) =>
    found === language ? [text.trim()] : [],
  );
}
