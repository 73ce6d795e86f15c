// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLoneRunBlock, nextBlock, PREFILL_ROWS, startOfBlock } from './prefill-blocks.ts';

const rows = fc.integer({ min: 0, max: 5 * PREFILL_ROWS });
const length = fc.integer({ min: 1, max: 4 * PREFILL_ROWS });

test('whoever asks for whichever rows, the blocks of a prompt are the same', () => {
  fc.assert(
    fc.property(length, rows, fc.integer({ min: 1, max: PREFILL_ROWS }), (promptLength, to, blockRows) => {
      for (let from = 0; from < Math.min(to, promptLength); ) {
        const block = nextBlock(promptLength, from, { to, blockRows });
        expect(isLoneRunBlock(promptLength, block)).toBe(true);
        expect(block.to - block.from).toBeLessThanOrEqual(PREFILL_ROWS);
        from = block.to;
        expect(from % PREFILL_ROWS === 0 || from === promptLength).toBe(true);
      }
    }),
  );
});

test('from the start of its block on, every row comes out in a block of a lone run', () => {
  fc.assert(
    fc.property(length, rows, (promptLength, row) => {
      const from = startOfBlock({ promptLength }, row);
      const block = nextBlock(promptLength, from, { to: row + 1, blockRows: 1 });
      expect(isLoneRunBlock(promptLength, block)).toBe(true);
      expect(block.from <= row && row < block.to).toBe(true);
    }),
  );
});

test('rows of the answer share a block as far as they were asked for, which no lone run does', () => {
  expect(nextBlock(10, 12, { to: 20, blockRows: 4 })).toEqual({ from: 12, to: 16 });
  expect(nextBlock(10, 18, { to: 20, blockRows: 4 })).toEqual({ from: 18, to: 20 });
  expect(isLoneRunBlock(10, { from: 12, to: 16 })).toBe(false);
  expect(isLoneRunBlock(PREFILL_ROWS + 1, { from: 1, to: PREFILL_ROWS })).toBe(false);
});
