// SPDX-License-Identifier: Apache-2.0
import { createLiveRegion } from './live-region.ts';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';

/** What a view needs of a revision: the text so far and how much of it stands at which tier. */
export interface AnswerText {
  readonly text: string;
  /** UTF-8 bytes of `text` that no later revision will change. */
  readonly committedBytes: number;
  /** UTF-8 bytes of `text` that the edge has verified; at least `committedBytes`. */
  readonly edgeBytes: number;
  readonly finished: boolean;
}

/** Shows an answer while it grows. */
export interface AnswerView {
  update(revision: AnswerText): void;
  finish(): void;
}

/**
 * On a terminal the text is rewritten in place, each part in the colour of the tier that stands for it. Elsewhere only
 * committed text is written, once, as it is committed.
 */
export function createAnswerView(terminal: Terminal): AnswerView {
  return terminal.interactive ? createLiveView(terminal) : createPlainView(terminal);
}

/** One line that explains the colours, for the terminal alone. */
export function answerLegend(terminal: Terminal): string {
  const { dim, yellow, green, bold } = terminal.color;
  return `${dim('drafted by the device')} · ${yellow('verified by the edge')} · ${bold(green('committed by the cloud'))}`;
}

/** The answer with each part in the colour of its tier, and nothing else that a terminal would obey. */
export function colorAnswer(answer: AnswerText, color: Terminal['color']): string {
  const bytes = Buffer.from(answer.text, 'utf8');
  const edgeBytes = Math.max(answer.committedBytes, answer.edgeBytes);
  const committed = printable(bytes.subarray(0, answer.committedBytes).toString('utf8'));
  const verified = printable(bytes.subarray(answer.committedBytes, edgeBytes).toString('utf8'));
  const drafted = printable(bytes.subarray(edgeBytes).toString('utf8'));
  return [
    committed && color.bold(color.green(committed)),
    verified && color.yellow(verified),
    drafted && color.dim(drafted),
  ].join('');
}

function createLiveView(terminal: Terminal): AnswerView {
  const region = createLiveRegion(terminal);
  return {
    update: revision => region.show(colorAnswer(revision, terminal.color)),
    finish: () => region.finish(),
  };
}

function createPlainView(terminal: Terminal): AnswerView {
  let written = 0;
  return {
    update: ({ text, committedBytes, finished }) => {
      const bytes = Buffer.from(text, 'utf8');
      const until = finished ? bytes.byteLength : committedBytes;
      if (until <= written) return;
      terminal.out(bytes.subarray(written, until).toString('utf8'));
      written = until;
    },
    finish: () => terminal.out('\n'),
  };
}
