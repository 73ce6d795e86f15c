// SPDX-License-Identifier: Apache-2.0
import type { FamilyManifest } from '@aiflow/model';
import { chanceOf, type FamilyRow, FORMATS, figure, leastRisks, rowsOf } from './family-rows.ts';
import { markdownTable } from './markdown-blocks.ts';
import type { MeasuredFamily } from './measured-family.ts';

/** The blocks that measurements fill into pages, by name. */
export function pageBlocks(manifest: FamilyManifest, measured: MeasuredFamily): ReadonlyMap<string, string> {
  const rows = rowsOf(manifest, measured);
  return new Map([
    ['exits', exitTable(rows)],
    ['kinds', kindTable(rows, measured)],
    ['steps', stepTable(rows)],
    ['formats', formatTable(rows)],
    ['rungs', rungTable(rows)],
    ['verify', verifyTable(rows)],
    ['confidence', confidenceTable(measured)],
    ['policies', policyTable(measured)],
    ['conditions', conditions(measured)],
  ]);
}

function exitTable(rows: readonly FamilyRow[]): string {
  const titles = [
    'exit',
    'parameters',
    'bytes',
    ...FORMATS.map(format => `score ${format}`),
    'agrees with the deepest',
    'tokens a verify',
    ...FORMATS.map(format => `ms a token ${format}`),
    ...FORMATS.map(format => `RSS ${format}`),
  ];
  const last = rows.filter(({ isLast }) => isLast);
  return markdownTable(
    titles,
    last.map(({ exit, parameters, bytes, cells }) => [
      String(exit),
      figure.millions(parameters),
      figure.megabytes(bytes),
      ...FORMATS.map(format => figure.percent(cells[format]?.mean)),
      figure.share(cells.fp32?.agreement, 2),
      figure.number(cells.fp32?.tokensPerVerify),
      ...FORMATS.map(format => figure.ms(cells[format]?.msPerToken)),
      ...FORMATS.map(format => figure.megabytes(cells[format]?.residentBytes, 0)),
    ]),
  );
}

function kindTable(rows: readonly FamilyRow[], { kinds, ...measured }: MeasuredFamily): string {
  const last = rows.filter(({ isLast, cells }) => isLast && cells.fp32 !== undefined);
  const chance = chanceOf({ kinds });
  const scores = last.map(({ exit, cells }) => [
    `exit ${exit}`,
    ...kinds.map(({ kind }) => figure.percent(cells.fp32?.scores[kind])),
    `**${figure.percent(cells.fp32?.mean)}**`,
    String(cells.fp32?.n ?? '-'),
  ]);
  const guessing = ['guessing', ...kinds.map(one => figure.percent(one.chance)), figure.percent(chance), '-'];
  const counts = ['questions', ...kinds.map(({ questions }) => String(questions)), '-', String(measured.questions)];
  return markdownTable(
    ['in per cent', ...kinds.map(({ kind }) => kind), '**mean**', 'n'],
    [...scores, guessing, counts],
  );
}

function stepTable(rows: readonly FamilyRow[]): string {
  const steps = rows.flatMap(({ isLast, cells }) => {
    const step = cells.fp32?.againstShallower;
    return isLast && step !== undefined ? [[`exit ${step.exit} to ${cells.fp32?.exit}`, figure.points(step)]] : [];
  });
  return markdownTable(['step', 'points of score (95 %)'], steps);
}

function formatTable(rows: readonly FamilyRow[]): string {
  const cells = rows.filter(({ isLast }) => isLast).flatMap(row => FORMATS.flatMap(format => row.cells[format] ?? []));
  return markdownTable(
    ['exit', 'format', 'score', 'against fp32, same questions (95 %)', 'agreement', 'tokens a verify', 'n'],
    cells.map(cell => [
      String(cell.exit),
      cell.format,
      figure.percent(cell.mean),
      figure.points(cell.againstFp32),
      figure.share(cell.agreement, 2),
      figure.number(cell.tokensPerVerify),
      String(cell.n),
    ]),
  );
}

function rungTable(rows: readonly FamilyRow[]): string {
  return markdownTable(
    [
      'exit',
      'rung',
      'parameters',
      'bytes',
      'score fp32',
      'against the whole block (95 %)',
      'int8',
      'int4',
      'agreement',
      'ms a token',
      'n',
    ],
    rows.map(({ exit, rung, parameters, bytes, cells }) => [
      String(exit),
      String(rung),
      figure.millions(parameters),
      figure.megabytes(bytes),
      figure.percent(cells.fp32?.mean),
      figure.points(cells.fp32?.againstLastRung),
      figure.percent(cells.int8?.mean),
      figure.percent(cells.int4?.mean),
      figure.share(cells.fp32?.agreement, 2),
      figure.ms(cells.fp32?.msPerToken),
      String(cells.fp32?.n ?? '-'),
    ]),
  );
}

function verifyTable(rows: readonly FamilyRow[]): string {
  const cells = rows.filter(({ isLast }) => isLast).flatMap(row => FORMATS.flatMap(format => row.cells[format] ?? []));
  const curves = cells.filter(({ verifyCurve }) => verifyCurve !== undefined);
  const lengths = [...new Set(curves.flatMap(({ verifyCurve = [] }) => verifyCurve.map(({ tokens }) => tokens)))];
  return markdownTable(
    ['exit', 'format', ...lengths.map(tokens => `${tokens} tokens`)],
    curves.map(({ exit, format, verifyCurve = [] }) => [
      String(exit),
      format,
      ...lengths.map(tokens => figure.ms(verifyCurve.find(point => point.tokens === tokens)?.ms)),
    ]),
  );
}

function confidenceTable({ confidence }: MeasuredFamily): string {
  return markdownTable(
    ['exit', 'stated risk', 'margin (logits)', 'measured', '95 % bound', 'tokens with that margin', 'tokens'],
    leastRisks(confidence).map(({ exit, stated, margin, risk, upper, coverage, tokens }) => [
      String(exit),
      stated === undefined ? '-' : figure.share(stated, 2),
      figure.number(margin),
      figure.share(risk, 2),
      figure.share(upper, 2),
      figure.share(coverage),
      String(tokens),
    ]),
  );
}

function policyTable({ policies }: MeasuredFamily): string {
  return markdownTable(
    [
      'risk asked for',
      'score',
      'against the deepest exit alone (95 %)',
      'time a token, of its',
      'tokens decided by exit',
      'n',
    ],
    policies.map(({ risk, mean, againstDeepest, costRatio, decided, n }) => [
      figure.share(risk, 2),
      figure.percent(mean),
      figure.points(againstDeepest),
      `${figure.number(costRatio)} x`,
      Object.entries(decided)
        .map(([exit, share]) => `${exit}: ${figure.percent(share, 0)} %`)
        .join(', '),
      String(n),
    ]),
  );
}

function conditions({ machine, questions, version, manifestSha256, leftOut }: MeasuredFamily): string {
  const { processor, cores, node } = machine;
  const lines = [
    `Measured by \`aiflow family measure\` on version ${version} (manifest ${manifestSha256.slice(0, 12)}), ${questions} held-out questions, ${cores} cores of ${processor}, Node ${node.slice(1)}, one thread an engine.`,
    ...leftOut.map(what => `Left out: ${what}.`),
  ];
  return lines.join(' ');
}
