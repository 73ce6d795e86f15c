// SPDX-License-Identifier: Apache-2.0
import { millisecondsText } from './trace-text.ts';

const SECOND_MS = 1000;
const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['y', 365 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
];
/** Shorter times are read best as milliseconds. */
const LONG_MS = 10 * SECOND_MS;

/** Such as `12.4 ms`, `9400 ms`, `12.3 s`, `3 min 4 s`, `1 h 0 min`: at most 10 characters below a hundred years. */
export function durationText(ms: number): string {
  if (ms < LONG_MS) return millisecondsText(ms);
  const largest = UNITS.findIndex(([, unitMs]) => ms >= unitMs);
  const [unit, unitMs] = UNITS[largest] ?? ['s', SECOND_MS];
  if (largest === -1) return `${(ms / SECOND_MS).toFixed(1)} s`;
  const [lesser, lesserMs] = UNITS[largest + 1] ?? ['s', SECOND_MS];
  return `${Math.floor(ms / unitMs)} ${unit} ${Math.floor((ms % unitMs) / lesserMs)} ${lesser}`;
}

/** All of it, with its sign: `+1 y 0.8 s`, `−503 ms`. */
export function differenceText(ms: number): string {
  const sign = ms < 0 ? '−' : '+';
  let rest = Math.abs(ms);
  if (rest < LONG_MS) return `${sign}${millisecondsText(rest)}`;
  rest = Math.round(rest / 100) * 100;
  const parts = UNITS.flatMap(([unit, unitMs]) => {
    const count = Math.floor(rest / unitMs);
    rest -= count * unitMs;
    return count === 0 ? [] : [`${count} ${unit}`];
  });
  if (rest > 0) parts.push(`${(rest / SECOND_MS).toFixed(1)} s`);
  return `${sign}${parts.join(' ')}`;
}
