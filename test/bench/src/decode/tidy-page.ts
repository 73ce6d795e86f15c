// SPDX-License-Identifier: Apache-2.0

const WIDTH = 120;
/** Blocks that begin so are no prose: headings, tables, lists, images and code. */
const AS_IT_IS = /^(#|\||- |!\[|```)/;

/** Markdown with its prose filled to lines of 120 characters and one blank line between blocks. */
export function tidyPage(markdown: string): string {
  const blocks = markdown.trim().split(/\n{2,}/);
  return `${blocks.map(block => (AS_IT_IS.test(block) ? block : fill(block))).join('\n\n')}\n`;
}

function fill(block: string): string {
  const lines: string[] = [];
  for (const word of block.split(/\s+/)) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && longer.length <= WIDTH) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.join('\n');
}
