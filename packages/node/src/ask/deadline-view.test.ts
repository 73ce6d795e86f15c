// SPDX-License-Identifier: Apache-2.0
import pc from 'picocolors';
import { expect, test } from 'vitest';
import type { AnswerText } from '../cli/answer-view.ts';
import type { Terminal } from '../cli/terminal.ts';
import { createDeadlineView } from './deadline-view.ts';

function record(interactive: boolean): Terminal & { readonly written: () => string } {
  let written = '';
  return {
    out: text => {
      written += text;
    },
    err: () => undefined,
    ...{ interactive, columns: 40, rows: 10, color: pc.createColors(false), environment: {} },
    written: () => written,
  };
}

function revision(text: string, committedBytes = 0): AnswerText {
  return { text, committedBytes, edgeBytes: committedBytes, finished: false };
}

const ERASE = '\r\u001b[0J';

test('a pipe has the answer of the deadline whole, and below it the one it was revised to', () => {
  const terminal = record(false);
  const view = createDeadlineView(terminal);
  view.update(revision('12 + 4', 2));
  expect(terminal.written()).toBe('12');
  view.mark();
  expect(terminal.written()).toBe('12 + 4\n');
  view.update(revision('12 + 5', 2));
  view.update(revision('12 + 5 = 17', 11));
  expect(terminal.written()).toBe('12 + 4\n');
  view.finish();
  expect(terminal.written()).toBe('12 + 4\n12 + 5 = 17\n');
});

test('a pipe has the answer once where it was not revised, even if it was another one for a while', () => {
  const terminal = record(false);
  const view = createDeadlineView(terminal);
  view.update(revision('12 + 4'));
  view.mark();
  view.update(revision('12 + 5'));
  view.update(revision('12 + 4', 6));
  view.finish();
  expect(terminal.written()).toBe('12 + 4\n');
});

test('where nothing stood at the deadline the answer is all there is', () => {
  for (const interactive of [false, true]) {
    const terminal = record(interactive);
    const view = createDeadlineView(terminal);
    view.mark();
    view.update(revision('17', 2));
    view.finish();
    expect(terminal.written().replaceAll(ERASE, '')).toBe('17\n');
  }
});

test('an answer without a mark is shown as ever', () => {
  const terminal = record(false);
  const view = createDeadlineView(terminal);
  view.update(revision('12 + 4', 2));
  view.update({ ...revision('12 + 5', 6), finished: true });
  view.finish();
  expect(terminal.written()).toBe('12 + 5\n');
});

test('a terminal leaves the answer of the deadline and rewrites below it from the first difference on', () => {
  const terminal = record(true);
  const view = createDeadlineView(terminal);
  view.update(revision('12 + 4'));
  view.mark();
  view.update(revision('12 + 4', 4));
  expect(terminal.written()).toBe(`${ERASE}12 + 4\n`);
  view.update(revision('12 + 5'));
  view.update(revision('12 + 5 = 17', 11));
  view.finish();
  expect(terminal.written()).toBe(`${ERASE}12 + 4\n${ERASE}12 + 5${ERASE}12 + 5 = 17\n`);
});
