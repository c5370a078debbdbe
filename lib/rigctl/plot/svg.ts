// The marks of a picture as SVG text: axes, lines, points and words, in classes whose colours suit light and dark ground.
import type { Scale, Tick } from './scale.js';

export const WIDTH = 920;

/** Ink and ground, then the series in the order of their use: distinct for those who do not tell red from green. */
const LIGHT = { ink: '#1c2733', soft: '#5b6773', grid: '#dfe4ea', ground: '#ffffff', alarm: '#b3261e' };
const DARK = { ink: '#e6edf3', soft: '#9aa5b1', grid: '#30363d', ground: '#0d1117', alarm: '#ff8a80' };
const LIGHT_SERIES = ['#1f77b4', '#d1741c', '#7b4fb0', '#23836f'];
const DARK_SERIES = ['#58a6ff', '#f0a04b', '#bc8cff', '#4fc3a1'];

function rules(ground: typeof LIGHT, series: readonly string[]): string {
  const { ink, soft, grid, alarm } = ground;
  return [
    `text{fill:${ink}}.soft{fill:${soft}}.alarm{fill:${alarm}}.ground{fill:${ground.ground}}`,
    `.grid{stroke:${grid}}.axis{stroke:${soft}}.mark{stroke:${soft}}`,
    ...series.map((colour, i) => `.l${i}{stroke:${colour}}.f${i}{fill:${colour}}`),
    `.hollow{fill:${ground.ground}}.halo{stroke:${ground.ground}}`,
  ].join('');
}

export function escapeText(text: string): string {
  // Control characters are not allowed in XML at all.
  return text
    .replace(/\p{Cc}/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const n = (value: number): string => String(Number(value.toFixed(1)));

export type Anchor = 'start' | 'middle' | 'end';

export function words(x: number, y: number, text: string, kind = '', anchor: Anchor = 'start'): string {
  const at = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  return `<text x="${n(x)}" y="${n(y)}"${kind === '' ? '' : ` class="${kind}"`}${at}>${escapeText(text)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}" class="${kind}"/>`;
}

export type Point = readonly [x: number, y: number];

export function path(points: readonly Point[], kind: string): string {
  const steps = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${n(x)} ${n(y)}`).join('');
  return `<path d="${steps}" class="${kind} path"/>`;
}

export function dot([x, y]: Point, kind: string, title: string): string {
  return `<circle cx="${n(x)}" cy="${n(y)}" r="3.5" class="${kind}"><title>${escapeText(title)}</title></circle>`;
}

/** A triangle: a trial that the sender could not offer in full. */
export function triangle([x, y]: Point, kind: string, title: string): string {
  const corners = `${n(x)},${n(y - 4.5)} ${n(x - 4.5)},${n(y + 3.5)} ${n(x + 4.5)},${n(y + 3.5)}`;
  return `<polygon points="${corners}" class="${kind}"><title>${escapeText(title)}</title></polygon>`;
}

/** The rectangle in which a panel's values stand. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Axes {
  readonly x: Scale;
  readonly y: Scale;
  readonly xTitle: string;
}

/** Grid, axes and their labels; labels that would touch their neighbour are left out. */
export function frame(area: Area, title: string, { x, y, xTitle }: Axes): string[] {
  const { left, right, top, bottom } = area;
  const rows = spaced(y.ticks, y, 13).flatMap(({ value, label }) => [
    line(left, y.at(value), right, y.at(value), 'grid'),
    words(left - 8, y.at(value) + 4, label, 'soft', 'end'),
  ]);
  const columns = spaced(x.ticks, x, 40).flatMap(({ value, label }) => [
    line(x.at(value), bottom, x.at(value), bottom + 4, 'axis'),
    words(x.at(value), bottom + 17, label, 'soft', 'middle'),
  ]);
  return [
    words(left, top - 14, title, 'title'),
    ...rows,
    line(left, bottom, right, bottom, 'axis'),
    ...columns,
    words(right, bottom + 33, xTitle, 'soft', 'end'),
  ];
}

function spaced(ticks: readonly Tick[], scale: Scale, least: number): readonly Tick[] {
  const kept: Tick[] = [];
  for (const tick of ticks) {
    const last = kept.at(-1);
    if (last === undefined || Math.abs(scale.at(tick.value) - scale.at(last.value)) >= least) kept.push(tick);
  }
  return kept;
}

/** The whole document. */
export function picture(height: number, title: string, content: readonly string[]): string {
  const dark = `@media (prefers-color-scheme:dark){${rules(DARK, DARK_SERIES)}}`;
  const fixed =
    '.big{font-size:20px;font-weight:bold}.title{font-weight:bold}.path{fill:none;stroke-width:2;stroke-linejoin:round}' +
    '.hollow{stroke-width:1.5}.mark{stroke-dasharray:5 4}.halo{paint-order:stroke;stroke-width:4;stroke-linejoin:round}';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${n(height)}" viewBox="0 0 ${WIDTH} ${n(height)}" ` +
      'font-family="Helvetica, Arial, DejaVu Sans, sans-serif" font-size="12" role="img">',
    `<title>${escapeText(title)}</title>`,
    `<style>${rules(LIGHT, LIGHT_SERIES)}${fixed}${dark}</style>`,
    `<rect width="${WIDTH}" height="${n(height)}" class="ground"/>`,
    ...content,
    '</svg>',
    '',
  ].join('\n');
}
