// SPDX-License-Identifier: Apache-2.0
import type { ComputeFormat, FamilyManifest } from '@aiflow/model';
import { chanceOf, type FamilyRow, FORMATS, figure, leastRisks, rowsOf } from '../family/family-rows.ts';
import type { MeasuredCell, MeasuredFamily } from '../family/measured-family.ts';
import { formatNaturalText } from './format-natural-text.ts';
import { type Column, formatTable } from './format-table.ts';

/** The whole of `aiflow family show`: sections, each a heading and a table. What was not measured is `-`, and said so. */
export function formatFamily(manifest: FamilyManifest, measured: MeasuredFamily | undefined): string {
  const rows = rowsOf(manifest, measured);
  const formats = formatsOf(measured);
  return [
    headline(manifest),
    formatTable(scoreColumns(formats), rows),
    ...(measured === undefined
      ? ['scores and costs: not measured\n']
      : [scoreLines(measured), formatTable(costColumns(formats), rows), costLines(measured)]),
    confidenceSection(manifest, measured),
    policySection(measured),
    section('what is in which file', formatTable(FILE_COLUMNS, manifest.segments)),
    section('feature spaces', formatTable(SPACE_COLUMNS, manifest.featureSpaces)),
    domainLine(manifest),
    formatNaturalText(manifest),
  ]
    .filter(part => part !== '')
    .join('\n');
}

function headline({ family, version, licence, dimensions }: FamilyManifest): string {
  const { layers, hidden, vocabulary, context } = dimensions;
  return `${family} ${version}, ${licence}: ${layers} layers of width ${hidden}, ${vocabulary} tokens, context ${context}\n`;
}

const RIGHT = { align: 'right' } as const;

const ROW_COLUMNS: readonly Column<FamilyRow>[] = [
  { title: 'EXIT', value: row => String(row.exit), ...RIGHT },
  { title: 'RUNG', value: row => (row.isLast ? `${row.rung} (all)` : `${row.rung}      `), ...RIGHT },
];

function formatsOf(measured: MeasuredFamily | undefined): readonly ComputeFormat[] {
  const held = FORMATS.filter(format => measured?.cells.some(cell => cell.format === format));
  return held.length === 0 ? ['fp32'] : held;
}

/** What loads, and how well it answers. */
function scoreColumns(formats: readonly ComputeFormat[]): readonly Column<FamilyRow>[] {
  return [
    ...ROW_COLUMNS,
    { title: 'PARAMETERS', value: row => figure.millions(row.parameters), ...RIGHT },
    { title: 'BYTES', value: row => figure.megabytes(row.bytes), ...RIGHT },
    ...formats.map(format => ({
      title: `SCORE ${format}`,
      value: (row: FamilyRow) => figure.percent(row.cells[format]?.mean),
      ...RIGHT,
    })),
    { title: 'AGREES', value: row => figure.percent(row.cells.fp32?.agreement, 2), ...RIGHT },
    { title: 'A VERIFY', value: row => figure.number(row.cells.fp32?.tokensPerVerify), ...RIGHT },
    { title: 'N', value: row => formats.map(format => row.cells[format]?.n ?? '-').join('/'), ...RIGHT },
  ];
}

/** What it costs. */
function costColumns(formats: readonly ComputeFormat[]): readonly Column<FamilyRow>[] {
  const byFormat = (title: string, value: (cell: MeasuredCell | undefined) => string): readonly Column<FamilyRow>[] =>
    formats.map(format => ({ title: `${title} ${format}`, value: row => value(row.cells[format]), ...RIGHT }));
  return [
    ...ROW_COLUMNS,
    ...byFormat('MS', cell => figure.ms(cell?.msPerToken)),
    ...byFormat('RSS', cell => figure.megabytes(cell?.residentBytes, 0)),
    ...byFormat('VERIFY 8', cell => figure.ms(cell?.verifyCurve?.find(({ tokens }) => tokens === 8)?.ms)),
  ];
}

function scoreLines(measured: MeasuredFamily): string {
  const kinds = measured.kinds.map(({ kind }) => kind).join(', ');
  return [
    `SCORE: per cent right, mean over ${measured.kinds.length} kinds (${kinds}); guessing: ${figure.percent(chanceOf(measured))}`,
    'AGREES: choices equal to the deepest exit, per cent; A VERIFY: tokens a round of eight drafted ones commits; N: questions',
    ...measured.leftOut.map(what => `left out: ${what}`),
    '',
  ].join('\n');
}

function costLines({ machine }: MeasuredFamily): string {
  return [
    'MS a token, RSS of a fresh host with this exit alone, VERIFY a block of eight in ms',
    `measured on ${machine.cores} cores of ${machine.processor}, one thread an engine`,
    '',
  ].join('\n');
}

const FILE_COLUMNS: readonly Column<FamilyManifest['segments'][number]>[] = [
  { title: 'FILE', value: ({ file }) => file },
  { title: 'BYTES', value: ({ bytes }) => String(bytes), align: 'right' },
  { title: 'HOLDS', value: ({ holds }) => describeContent(holds) },
  { title: 'SHA-256', value: ({ sha256 }) => sha256.slice(0, 16) },
];

const SPACE_COLUMNS: readonly Column<FamilyManifest['featureSpaces'][number]>[] = [
  { title: 'BEFORE LAYER', value: ({ layer }) => String(layer), ...RIGHT },
  { title: 'ID', value: ({ id }) => id },
];

function describeContent(holds: FamilyManifest['segments'][number]['holds']): string {
  switch (holds.kind) {
    case 'embedding':
      return 'embedding, which is also the head';
    case 'trunk':
      return holds.to - holds.from === 1 ? `layer ${holds.from}` : `layers ${holds.from} to ${holds.to - 1}`;
    case 'exit':
      return holds.rung === 1
        ? `exit ${holds.depth}, rung 1, norms`
        : `exit ${holds.depth}, what rung ${holds.rung} adds`;
  }
}

type Promised = { readonly exit: number; readonly stated?: number | undefined; readonly margin: number } & Partial<
  MeasuredFamily['confidence'][number]
>;

function confidenceSection(manifest: FamilyManifest, measured: MeasuredFamily | undefined): string {
  const stated: readonly Promised[] = manifest.exits.flatMap(({ depth, confidence }) =>
    confidence.map(({ risk, margin }) => ({ exit: depth, stated: risk, margin })),
  );
  const rows = leastRisks<Promised>(measured?.confidence ?? stated);
  if (rows.length === 0) return '';
  const percent = (share: number | undefined): string => (share === undefined ? '-' : figure.share(share, 2));
  const columns: readonly Column<Promised>[] = [
    { title: 'EXIT', value: row => String(row.exit), align: 'right' },
    { title: 'RISK STATED', value: row => percent(row.stated), align: 'right' },
    { title: 'MARGIN', value: row => figure.number(row.margin), align: 'right' },
    { title: 'MEASURED', value: row => percent(row.risk), align: 'right' },
    { title: '95 % BOUND', value: row => percent(row.upper), align: 'right' },
    { title: 'TOKENS', value: row => percent(row.coverage), align: 'right' },
  ];
  const heading = 'confidence: of tokens with this margin or more so many differ from the deepest exit';
  return section(heading, formatTable(columns, rows));
}

function policySection(measured: MeasuredFamily | undefined): string {
  const policies = measured?.policies ?? [];
  if (policies.length === 0) return '';
  const columns: readonly Column<MeasuredFamily['policies'][number]>[] = [
    { title: 'RISK', value: row => figure.share(row.risk, 2), ...RIGHT },
    { title: 'SCORE', value: row => figure.percent(row.mean), ...RIGHT },
    { title: 'AGAINST THE DEEPEST', value: row => figure.points(row.againstDeepest) },
    { title: 'TIME', value: row => `${figure.number(row.costRatio)} x`, ...RIGHT },
    { title: 'TOKENS BY EXIT', value: row => describeShares(row.decided) },
    { title: 'N', value: row => String(row.n), ...RIGHT },
  ];
  return section('answers under a risk, against the deepest exit alone', formatTable(columns, policies));
}

function describeShares(decided: Readonly<Record<string, number>>): string {
  return Object.entries(decided)
    .map(([exit, share]) => `${exit}: ${figure.percent(share, 0)} %`)
    .join(', ');
}

function domainLine({ inDomain }: FamilyManifest): string {
  if (inDomain === undefined) return 'no rule tells which questions are its own\n';
  return `a question is its own up to ${inDomain.maxBitsPerByte} bits a byte at exit ${inDomain.exit}\n`;
}

function section(heading: string, text: string): string {
  return `${heading}\n${text}`;
}
