import { formatFigure } from './report.ts';
import type { Results } from './results.ts';
import type { Plot } from './row.ts';

export function plotsOf({ rows }: Results): readonly Plot[] {
  return Object.values(rows).flatMap(({ comparisons }) => comparisons.flatMap(({ plots = [] }) => plots));
}

export const plotPath = ({ file }: Plot) => new URL(`../docs/scaling/${file}.svg`, import.meta.url).pathname;

const size = { width: 480, height: 300 } as const;
/** Of the area in which points are, from the picture's edges. */
const margin = { left: 64, right: 24, top: 40, bottom: 44 } as const;

/** A drawing of a few lines that can be read as text: decades as a grid, points joined and labelled with their values. */
export function plotSvg({ title, x, y, points }: Plot): string {
  const xs = decades(points.map(([value]) => value));
  const ys = decades(points.map(([, value]) => value));
  const across = scale(xs, margin.left, size.width - margin.right);
  const up = scale(ys, size.height - margin.bottom, margin.top);
  const [left, right] = [margin.left, size.width - margin.right];
  const [top, bottom] = [margin.top, size.height - margin.bottom];
  const at = points.map(([px, py]) => ({ px: across(px), py: up(py), label: formatFigure(py) }));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">`,
    `  <rect width="${size.width}" height="${size.height}" fill="white"/>`,
    text(size.width / 2, 20, title, 'font-size="14"'),
    ...xs.flatMap((value) => [
      `  <path d="M${across(value)} ${top}V${bottom}" stroke="#ddd"/>`,
      text(across(value), bottom + 18, withCommas(value)),
    ]),
    text((left + right) / 2, size.height - 8, x),
    ...ys.flatMap((value) => [
      `  <path d="M${left} ${up(value)}H${right}" stroke="#ddd"/>`,
      text(left - 8, up(value) + 4, withCommas(value), 'text-anchor="end"'),
    ]),
    text(16, (top + bottom) / 2, y, `transform="rotate(-90 16 ${(top + bottom) / 2})"`),
    `  <polyline fill="none" stroke="#0b62a4" stroke-width="2" points="${at.map(({ px, py }) => `${px},${py}`).join(' ')}"/>`,
    ...at.flatMap(({ px, py, label }) => [
      `  <circle cx="${px}" cy="${py}" r="3.5" fill="#0b62a4"/>`,
      // The first would cross the scale's own numbers.
      text(px, py - 9, label, px === left ? 'dx="4" text-anchor="start"' : ''),
    ]),
    '</svg>',
    '',
  ].join('\n');
}

/** Powers of ten around all values. */
function decades(values: readonly number[]): readonly number[] {
  const exponents = values.filter((value) => value > 0).map(Math.log10);
  const low = Math.floor(Math.min(...exponents));
  const high = Math.max(low + 1, Math.ceil(Math.max(...exponents)));
  return Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
}

function scale(ticks: readonly number[], from: number, to: number): (value: number) => number {
  const [low, high] = [Math.log10(ticks[0] ?? 1), Math.log10(ticks.at(-1) ?? 10)];
  const lowest = 10 ** low;
  return (value) => Math.round(from + ((Math.log10(Math.max(value, lowest)) - low) / (high - low)) * (to - from));
}

const withCommas = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 6 });

function text(x: number, y: number, content: string, attributes = ''): string {
  const anchor = attributes.includes('text-anchor') ? '' : 'text-anchor="middle" ';
  return `  <text x="${x}" y="${y}" ${anchor}${attributes}>${content}</text>`.replace(' >', '>');
}
