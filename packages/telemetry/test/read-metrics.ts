// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import type { MetricRegistry } from '../src/index.ts';

/** A sample of a metric. */
export interface MetricLine {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the text format strictly: every line is a comment or a sample, every sample follows its HELP and TYPE. */
function parseMetrics(text: string): readonly MetricLine[] {
  const lines: MetricLine[] = [];
  const types = new Map<string, string>();
  const helps = new Set<string>();
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.split('\n').filter(each => each !== '')) {
    const comment = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line);
    if (comment !== null) {
      if (comment[1] === 'HELP') helps.add(comment[2]!);
      else types.set(comment[2]!, comment[3]!);
      continue;
    }
    const sample = /^([a-z_]+)(?:\{(.*)\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$/.exec(line);
    expect(sample, `line ${line}`).not.toBeNull();
    const [, name = '', labels = '', value] = sample!;
    const family = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '');
    expect(types.has(family) && helps.has(family), `${name} is declared`).toBe(true);
    expect(types.get(family) !== 'counter' || name.endsWith('_total'), `${name} ends in _total`).toBe(true);
    const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"(?:,|$)/g)];
    expect(pairs.map(pair => pair[0]).join('')).toBe(labels);
    lines.push({ name, labels: Object.fromEntries(pairs.map(pair => [pair[1], pair[2]])), value: Number(value) });
  }
  return lines;
}

/** What `registry` shows. */
export async function readMetrics(registry: MetricRegistry): Promise<readonly MetricLine[]> {
  return parseMetrics(await registry.text());
}

/** The value of the first sample with these labels among its own. */
export function sampleOf(
  lines: readonly MetricLine[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  return lines.find(
    line => line.name === name && Object.entries(labels).every(([key, value]) => line.labels[key] === value),
  )?.value;
}
