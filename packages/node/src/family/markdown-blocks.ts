// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';

/** A table in Markdown; figures are aligned to the right by their columns. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = titles.map((_, index) => (index === 0 ? '---' : '--:'));
  return [line(titles), line(rule), ...rows.map(line)].join('\n');
}

/**
 * The page with `text` between the comments `<!-- measured: NAME -->` and `<!-- end of NAME -->`. A page without them stays
 * as it is. Throws `invalid-argument` for a beginning without its end.
 */
export function fillBlock(page: string, name: string, text: string): string {
  const [from, to] = [`<!-- measured: ${name} -->`, `<!-- end of ${name} -->`];
  const begin = page.indexOf(from);
  if (begin < 0) return page;
  const end = page.indexOf(to, begin);
  if (end < 0)
    throw new AiflowError('invalid-argument', `the page has '${from}' without '${to}' after it: add the line`);
  return `${page.slice(0, begin + from.length)}\n${text.trim()}\n${page.slice(end)}`;
}

/** The page with each of `blocks` filled in. */
export function fillBlocks(page: string, blocks: ReadonlyMap<string, string>): string {
  return [...blocks].reduce((filled, [name, text]) => fillBlock(filled, name, text), page);
}
