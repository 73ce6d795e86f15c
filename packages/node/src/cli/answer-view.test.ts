import pc from 'picocolors';
import { expect, test } from 'vitest';
import { colorAnswer, createAnswerView } from './answer-view.ts';
import { rowsOf } from './live-region.ts';
import { createTerminal, type Terminal } from './terminal.ts';

function createRecordingTerminal(interactive: boolean): Terminal & { readonly written: () => string } {
  let written = '';
  return {
    out: text => {
      written += text;
    },
    err: () => undefined,
    interactive,
    columns: 20,
    rows: 4,
    color: pc.createColors(interactive),
    environment: {},
    written: () => written,
  };
}

test('a pipe receives each committed byte once and nothing that may still change', () => {
  const terminal = createRecordingTerminal(false);
  const view = createAnswerView(terminal);
  view.update({ text: '420 +', committedBytes: 3, edgeBytes: 4, finished: false });
  expect(terminal.written()).toBe('420');
  view.update({ text: '420 + 240 = 660', committedBytes: 5, edgeBytes: 9, finished: false });
  view.update({ text: '420 + 240 = 660', committedBytes: 5, edgeBytes: 9, finished: false });
  view.update({ text: '420 + 240 = 660', committedBytes: 5, edgeBytes: 9, finished: true });
  view.finish();
  expect(terminal.written()).toBe('420 + 240 = 660\n');
});

test('a terminal shows each part in the colour of the tier that stands for it', () => {
  const color = pc.createColors(true);
  const shown = colorAnswer({ text: 'äbc', committedBytes: 2, edgeBytes: 3, finished: false }, color);
  expect(shown).toBe(`${color.bold(color.green('ä'))}${color.yellow('b')}${color.dim('c')}`);
});

test('a terminal rewrites the rows that the text took before', () => {
  const terminal = createRecordingTerminal(true);
  const view = createAnswerView(terminal);
  view.update({ text: 'x'.repeat(45), committedBytes: 0, edgeBytes: 0, finished: false });
  view.update({ text: 'done', committedBytes: 4, edgeBytes: 4, finished: true });
  expect(terminal.written()).toContain('\u001b[2A\r\u001b[0J');
});

test('text taller than the window is not rewritten, and whole at the end', () => {
  const terminal = createRecordingTerminal(true);
  const view = createAnswerView(terminal);
  const update = (text: string): void => view.update({ text, committedBytes: 0, edgeBytes: 0, finished: false });
  update('x'.repeat(45));
  const before = terminal.written();
  update('y'.repeat(81));
  update('z'.repeat(100));
  expect(terminal.written()).toBe(before);
  view.finish();
  expect(terminal.written()).toBe(`${before}\u001b[2A\r\u001b[0J${pc.createColors(true).dim('z'.repeat(100))}\n`);
});

test('a terminal that tells no size is taken for one of 80 columns', () => {
  const stream = { isTTY: true, columns: 0, rows: 0 } as NodeJS.WriteStream;
  expect(createTerminal({ stdout: stream, stderr: stream, env: {} })).toMatchObject({ columns: 80, rows: 24 });
});

test('rows are counted on what is visible', () => {
  expect(rowsOf('\u001b[31mabc\u001b[0m', 3)).toBe(1);
  expect(rowsOf('abcd\n', 3)).toBe(3);
});

test('control characters of an answer reach a pipe as they are and a terminal as pictures', () => {
  const answer = {
    text: 'a\u001b[2Jb\u0007\u007f\u009b\tc\n\u{1f681}',
    committedBytes: 4,
    edgeBytes: 4,
    finished: true,
  };
  const pipe = createRecordingTerminal(false);
  createAnswerView(pipe).update(answer);
  expect(pipe.written()).toBe(answer.text);
  expect(colorAnswer(answer, pc.createColors(false))).toBe('a\u241b[2Jb\u2407\u2421\ufffd\tc\n\u{1f681}');
});
