// SPDX-License-Identifier: Apache-2.0
import { type Column, formatTable } from '../cli/format-table.ts';
import type { Terminal } from '../cli/terminal.ts';
import type { RelayLink, RelayPreference, RelayReport, RelayRow } from './relay-report.ts';

const COLUMNS: readonly Column<RelayRow>[] = [
  { title: 'WAY', value: ({ way }) => WAYS[way] },
  { title: 'NUMBERS', value: ({ wireFormat }) => wireFormat ?? '' },
  { title: 'FIRST TOKEN', value: ({ firstTokenMs }) => `${firstTokenMs.toFixed(1)} ms`, align: 'right' },
  { title: 'IN ALL', value: ({ durationMs }) => `${durationMs.toFixed(0)} ms`, align: 'right' },
  { title: 'COMPUTED', value: ({ firstComputeMs }) => `${firstComputeMs.toFixed(1)} ms`, align: 'right' },
  { title: 'SAVED', value: ({ saved }) => (saved === undefined ? '' : percent(saved)), align: 'right' },
  {
    title: 'OF SHARE',
    value: ({ savedOfShare }) => (savedOfShare === undefined ? '' : `${savedOfShare.toFixed(2)}x`),
    align: 'right',
  },
  { title: 'BYTES', value: ({ bytes }) => bytes.toLocaleString('en'), align: 'right' },
  { title: 'A TOKEN', value: ({ bytesPerLaterToken }) => bytesPerLaterToken.toFixed(0), align: 'right' },
  { title: 'SAME TOKENS', value: ({ agreement }) => percent(agreement), align: 'right' },
];

const WAYS: Readonly<Record<RelayRow['way'], string>> = {
  ids: 'start over',
  features: 'features',
  cache: 'features + cache',
};

/** The report as people read it. */
export function formatRelay(report: RelayReport, { bold, dim }: Terminal['color']): string {
  const { source, continuer, layer, exit, positions, standing, layersShare, rows, prefers, failures } = report;
  const stood = standing === 0 ? '' : `, ${standing} of them said by ${source}`;
  return [
    bold(`${source} stops at layer ${layer}, ${continuer} goes on to exit ${exit}`),
    `${positions} positions${stood}; ${layer} of ${exit + 1} layers (${percent(layersShare)}) need not be computed again`,
    describeLink(report),
    '',
    formatTable(COLUMNS, rows),
    ...failures.map(
      ({ way, wireFormat, message }) => `${WAYS[way]} in ${wireFormat} did not come to its end: ${message}`,
    ),
    ...prefers.map(describePreference),
    dim('computed: by the node that goes on, until its first token. bytes: before it; a token: for each further one.'),
    '',
  ].join('\n');
}

/** A measured figure so far from the one asked for is shown beside it. */
const WIDE_SHARE = 0.25;

function describeLink({ link, askedLink }: RelayReport): string {
  const measured = figuresOf(link, link.isMeasuredRate ? '' : ' (reached here)');
  if (askedLink === undefined) return `link ${measured}`;
  const isFar = (['rttMs', 'bytesPerSecond'] as const).some(
    figure => Math.abs(link[figure] - askedLink[figure]) > WIDE_SHARE * askedLink[figure],
  );
  return `link as asked for ${figuresOf(askedLink)}${isFar ? `; measured ${measured}` : ''}`;
}

function figuresOf({ bytesPerSecond, rttMs }: RelayLink, note = ''): string {
  return `${((bytesPerSecond * 8) / 1e6).toFixed(1)} Mbit/s${note}, round trip ${rttMs.toFixed(1)} ms`;
}

function describePreference({ wireFormat, estimates, breakEvenBytesPerSecond }: RelayPreference): string {
  const [best, ...others] = estimates;
  const rest = others.map(({ way, totalMs }) => `${WAYS[way]} ${totalMs.toFixed(0)} ms`).join(', ');
  return `in ${wireFormat} this link prefers: ${best === undefined ? 'nothing' : WAYS[best.way]} ${best?.totalMs.toFixed(0)} ms (${rest}); ${breakEven(breakEvenBytesPerSecond)}`;
}

function breakEven(bytesPerSecond: number | null): string {
  if (bytesPerSecond === null) return 'at this round trip starting over is faster at any rate';
  if (bytesPerSecond === 0) return 'a relay pays at any rate';
  return `a relay pays above ${((bytesPerSecond * 8) / 1e6).toFixed(2)} Mbit/s`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
