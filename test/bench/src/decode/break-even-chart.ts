// SPDX-License-Identifier: Apache-2.0
import { type BreakEvenCurve, CHART_AGREEMENTS, CHART_MAX_RTT_MS } from './break-even.ts';

const WIDTH = 720;
const HEIGHT = 420;
const LEFT = 64;
const TOP = 24;
const PLOT_WIDTH = 460;
const PLOT_HEIGHT = 330;
/** Told apart by all eyes, on light and dark pages. */
const COLOURS: Readonly<Record<number, string>> = { 1: '#0072b2', 3: '#d55e00', 6: '#009e73' };
const INK = '#767676';
const LEAST_AGREEMENT = CHART_AGREEMENTS[0] ?? 0;

/** Round trip across agreement; below a curve, drafting with the cloud pays. */
export function breakEvenChart(curves: readonly BreakEvenCurve[]): string {
  const body = [...gridLines(), ...curves.map(drawCurve), ...curves.flatMap(drawKey)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="sans-serif" font-size="12">`,
    '<title>Up to which round trip drafting on the device beats the cloud alone, by agreement of the draft</title>',
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

function x(agreement: number): number {
  return LEFT + ((agreement - LEAST_AGREEMENT) / (1 - LEAST_AGREEMENT)) * PLOT_WIDTH;
}

function y(rttMs: number): number {
  return TOP + PLOT_HEIGHT - (rttMs / CHART_MAX_RTT_MS) * PLOT_HEIGHT;
}

function gridLines(): readonly string[] {
  const rows = [0, 50, 100, 150, 200, 250, 300].flatMap(ms => [
    line(x(LEAST_AGREEMENT), y(ms), x(1), y(ms)),
    text(LEFT - 8, y(ms) + 4, `${ms}`, 'end'),
  ]);
  const columns = [0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1].flatMap(share => [
    line(x(share), y(0), x(share), y(CHART_MAX_RTT_MS)),
    text(x(share), y(0) + 18, `${Math.round(100 * share)} %`, 'middle'),
  ]);
  const titles = [
    text(x(0.85), y(0) + 40, 'drafted tokens that are what the cloud says', 'middle'),
    text(LEFT, TOP - 8, 'round trip, ms', 'middle'),
  ];
  return [...rows, ...columns, ...titles];
}

function drawCurve(curve: BreakEvenCurve): string {
  const points = curve.points.map(({ agreement, rttMs }) => `${x(agreement).toFixed(1)},${y(rttMs).toFixed(1)}`);
  return `<polyline fill="none" stroke="${colourOf(curve)}" stroke-width="2"${dashOf(curve)} points="${points.join(' ')}"/>`;
}

function drawKey(curve: BreakEvenCurve, at: number): readonly string[] {
  const top = TOP + 14 + 22 * at;
  const left = LEFT + PLOT_WIDTH + 18;
  const stroke = `stroke="${colourOf(curve)}" stroke-width="2"${dashOf(curve)}`;
  const gain = curve.gain === 1 ? 'even' : `${curve.gain}x`;
  return [
    `<line x1="${left}" y1="${top}" x2="${left + 26}" y2="${top}" ${stroke}/>`,
    text(left + 32, top + 4, `${curve.deviceFactor}x, ${curve.mbitPerSecond} Mbit/s: ${gain}`, 'start'),
  ];
}

function colourOf({ deviceFactor }: BreakEvenCurve): string {
  return COLOURS[deviceFactor] ?? INK;
}

function dashOf({ gain, mbitPerSecond }: BreakEvenCurve): string {
  if (gain > 1) return ' stroke-dasharray="7 4"';
  return mbitPerSecond < 1 ? ' stroke-dasharray="2 3"' : '';
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  const place = [x1, y1, x2, y2].map(value => value.toFixed(1));
  return `<line x1="${place[0]}" y1="${place[1]}" x2="${place[2]}" y2="${place[3]}" stroke="${INK}" stroke-opacity="0.25"/>`;
}

function text(left: number, top: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${left.toFixed(1)}" y="${top.toFixed(1)}" text-anchor="${anchor}" fill="${INK}">${words}</text>`;
}
