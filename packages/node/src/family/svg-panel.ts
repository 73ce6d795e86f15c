// SPDX-License-Identifier: Apache-2.0

/** One line of a panel. */
export interface PlotSeries {
  readonly name: string;
  readonly color: string;
  readonly dashed?: boolean;
  /** Ascending by x; at least one. */
  readonly points: readonly { readonly x: number; readonly y: number; readonly label?: string }[];
}

/** A panel with axes. y begins at 0. */
export interface Panel {
  readonly title: string;
  readonly xTitle: string;
  /** Where x is marked. */
  readonly xTicks: readonly number[];
  readonly series: readonly PlotSeries[];
  /** A level across the panel. */
  readonly level?: { readonly y: number; readonly name: string };
  /** The top of y; default: above the highest point. */
  readonly yMax?: number;
}

/** Where a panel is drawn, in pixels. */
export interface PanelPlace {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const INK = '#24292f';
const FAINT = '#d0d7de';
const QUIET = '#57606a';

/** Draws a panel as an SVG group. */
export function drawPanel(panel: Panel, place: PanelPlace): string {
  const { left, top, width, height } = place;
  const points = panel.series.flatMap(series => series.points);
  const xMax = Math.max(...panel.xTicks, ...points.map(({ x }) => x)) * 1.04;
  const step = niceStep((panel.yMax ?? Math.max(...points.map(({ y }) => y), 0) * 1.05) / 5);
  const yMax = panel.yMax ?? Math.ceil((Math.max(...points.map(({ y }) => y), 0) * 1.02) / step) * step;
  const px = (x: number): number => round(left + (x / xMax) * width);
  const py = (y: number): number => round(top + height - (y / yMax) * height);
  const yTicks = Array.from({ length: Math.floor(yMax / step + 1e-9) + 1 }, (_, index) => index * step);
  return [
    text(panel.title, { x: left, y: top - 14, size: 13, weight: 600 }),
    ...yTicks.flatMap(y => [
      line({ x1: left, y1: py(y), x2: left + width, y2: py(y), color: FAINT }),
      text(plain(y), { x: left - 6, y: py(y) + 4, anchor: 'end', color: QUIET }),
    ]),
    ...panel.xTicks.map(x => text(plain(x), { x: px(x), y: top + height + 16, anchor: 'middle', color: QUIET })),
    text(panel.xTitle, { x: left + width / 2, y: top + height + 34, anchor: 'middle', color: QUIET }),
    ...levelOf(panel, { left, right: left + width, py }),
    ...panel.series.map(series => drawSeries(series, px, py)),
  ].join('\n');
}

function levelOf(
  { level }: Panel,
  { left, right, py }: { readonly left: number; readonly right: number; readonly py: (y: number) => number },
): readonly string[] {
  if (level === undefined) return [];
  const y = py(level.y);
  return [
    line({ x1: left, y1: y, x2: right, y2: y, color: QUIET, dashed: true }),
    text(level.name, { x: right, y: y - 5, anchor: 'end', color: QUIET }),
  ];
}

function drawSeries(
  { color, dashed = false, points }: PlotSeries,
  px: (x: number) => number,
  py: (y: number) => number,
): string {
  const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${px(x)} ${py(y)}`).join(' ');
  const dash = dashed ? ' stroke-dasharray="5 4"' : '';
  return [
    `<path d="${path}" fill="none" stroke="${color}" stroke-width="2"${dash}/>`,
    ...points.map(({ x, y }) => `<circle cx="${px(x)}" cy="${py(y)}" r="3.2" fill="${color}"/>`),
    ...points.flatMap(({ x, y, label }) =>
      label === undefined ? [] : [text(label, { x: px(x) + 7, y: py(y) + 4, color: QUIET, size: 10 })],
    ),
  ].join('\n');
}

/** The names of series, side by side. */
export function drawLegend(
  series: readonly PlotSeries[],
  { left, top }: { readonly left: number; readonly top: number },
): string {
  let x = left;
  return series
    .map(({ name, color, dashed = false }) => {
      const at = x;
      x += 42 + name.length * 6.8;
      return [
        line({ x1: at, y1: top, x2: at + 22, y2: top, color, dashed, width: 2 }),
        text(name, { x: at + 28, y: top + 4 }),
      ].join('\n');
    })
    .join('\n');
}

/** The whole picture; `title` is what those who can't see it are told. */
export function svg(
  title: string,
  { width, height }: { width: number; height: number },
  parts: readonly string[],
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="11.5">
<title>${escaped(title)}</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
${parts.join('\n')}
</svg>
`;
}

interface TextStyle {
  readonly x: number;
  readonly y: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly color?: string;
  readonly size?: number;
  readonly weight?: number;
}

/** A piece of text; its left, middle or right end lies at x. */
export function text(content: string, { x, y, anchor = 'start', color = INK, size, weight }: TextStyle): string {
  const more = `${size === undefined ? '' : ` font-size="${size}"`}${weight === undefined ? '' : ` font-weight="${weight}"`}`;
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${color}"${more}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replace(/[&<>]/g, sign => `&#${sign.charCodeAt(0)};`);
}

interface Stroke {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly color: string;
  readonly dashed?: boolean;
  readonly width?: number;
}

function line({ x1, y1, x2, y2, color, dashed = false, width = 1 }: Stroke): string {
  const dash = dashed ? ' stroke-dasharray="5 4"' : '';
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${color}" stroke-width="${width}"${dash}/>`;
}

function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(raw, 1e-9)));
  const factor = [1, 2, 5, 10].find(candidate => candidate * power >= raw) ?? 10;
  return factor * power;
}

function plain(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
