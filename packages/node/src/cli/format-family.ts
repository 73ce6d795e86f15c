// SPDX-License-Identifier: Apache-2.0
import type { FamilyManifest } from '@aiflow/model';
import { chanceOf, type FamilyRow, FORMATS, figure, rowsOf } from '../family/family-rows.ts';
import type { MeasuredFamily } from '../family/measured-family.ts';
import { type Column, formatTable } from './format-table.ts';

/** The whole of `aiflow family show`: sections, each a heading and a table. What was not measured is `-`, and said so. */
export function formatFamily(manifest: FamilyManifest, measured: MeasuredFamily | undefined): string {
  const rows = rowsOf(manifest, measured);
  return [
    headline(manifest),
    formatTable(exitColumns(measured), rows),
    ...(measured === undefined ? ['scores and costs: not measured\n'] : [scoreLines(measured)]),
    confidenceSection(manifest, measured),
    section('what is in which file', formatTable(FILE_COLUMNS, manifest.segments)),
    section('feature spaces', manifest.featureSpaces.map(({ layer, id }) => `before layer ${layer}  ${id}\n`).join('')),
    domainLine(manifest),
    naturalText(manifest),
  ]
    .filter(part => part !== '')
    .join('\n');
}

function headline({ family, version, licence, dimensions }: FamilyManifest): string {
  const { layers, hidden, vocabulary, context } = dimensions;
  return `${family} ${version}, ${licence}: ${layers} layers of width ${hidden}, ${vocabulary} tokens, context ${context}\n`;
}

function exitColumns(measured: MeasuredFamily | undefined): readonly Column<FamilyRow>[] {
  const held = FORMATS.filter(format => measured?.cells.some(cell => cell.format === format));
  const formats = held.length === 0 ? (['fp32'] as const) : held;
  const right = { align: 'right' } as const;
  return [
    { title: 'EXIT', value: row => String(row.exit), ...right },
    { title: 'RUNG', value: row => (row.isLast ? `${row.rung} (all)` : `${row.rung}      `), ...right },
    { title: 'PARAMETERS', value: row => figure.millions(row.parameters), ...right },
    { title: 'BYTES', value: row => figure.megabytes(row.bytes), ...right },
    ...formats.map(format => ({
      title: `SCORE ${format}`,
      value: (row: FamilyRow) => figure.percent(row.cells[format]?.mean),
      ...right,
    })),
    { title: 'AGREES', value: row => figure.percent(row.cells.fp32?.agreement, 2), ...right },
    { title: 'TOKENS/VERIFY', value: row => figure.number(row.cells.fp32?.tokensPerVerify), ...right },
    ...formats.map(format => ({
      title: `MS ${format}`,
      value: (row: FamilyRow) => figure.ms(row.cells[format]?.msPerToken),
      ...right,
    })),
    ...formats.map(format => ({
      title: `RSS ${format}`,
      value: (row: FamilyRow) => figure.megabytes(row.cells[format]?.residentBytes, 0),
      ...right,
    })),
    { title: 'N', value: row => formats.map(format => row.cells[format]?.n ?? '-').join('/'), ...right },
  ];
}

function scoreLines(measured: MeasuredFamily): string {
  const chance = chanceOf(measured);
  const kinds = measured.kinds.map(({ kind }) => kind).join(', ');
  return [
    `scores in per cent over ${measured.kinds.length} kinds (${kinds}), unweighted; guessing scores ${figure.percent(chance)}`,
    'AGREES: choices equal to the deepest exit, in per cent; TOKENS/VERIFY at draft length 8; MS a token; RSS of a fresh host with this exit alone',
    `measured on ${measured.machine.cores} cores of ${measured.machine.processor}, one thread an engine`,
    ...measured.leftOut.map(what => `left out: ${what}`),
    '',
  ].join('\n');
}

const FILE_COLUMNS: readonly Column<FamilyManifest['segments'][number]>[] = [
  { title: 'FILE', value: ({ file }) => file },
  { title: 'BYTES', value: ({ bytes }) => String(bytes), align: 'right' },
  { title: 'HOLDS', value: ({ holds }) => describeContent(holds) },
  { title: 'SHA-256', value: ({ sha256 }) => sha256.slice(0, 16) },
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
  const rows = measured?.confidence ?? stated;
  if (rows.length === 0) return '';
  const percent = (share: number | undefined): string => (share === undefined ? '-' : `${figure.percent(share, 2)} %`);
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

function domainLine({ inDomain }: FamilyManifest): string {
  if (inDomain === undefined) return 'no rule tells which questions are its own\n';
  return `a question is its own up to ${inDomain.maxBitsPerByte} bits a byte at exit ${inDomain.exit}\n`;
}

function naturalText({ naturalText: text }: FamilyManifest): string {
  if (text === undefined || text === null) return 'bits per byte of natural text: not measured\n';
  return section('bits per byte of natural text', `${JSON.stringify(text, null, 1)}\n`);
}

function section(heading: string, text: string): string {
  return `${heading}\n${text}`;
}
