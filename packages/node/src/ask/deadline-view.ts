// SPDX-License-Identifier: Apache-2.0
import { type AnswerText, type AnswerView, createAnswerView } from '../cli/answer-view.ts';
import type { Terminal } from '../cli/terminal.ts';

/** Shows an answer that may be revised after its deadline. */
export interface DeadlineView extends AnswerView {
  /** What came so far is shown whole and stays; a later answer is shown below it, if it is another one. */
  mark(): void;
}

/**
 * Until the mark as {@link createAnswerView}. After it a terminal shows the revisions from the first that differs on;
 * elsewhere the last one is written, if it differs.
 */
export function createDeadlineView(terminal: Terminal): DeadlineView {
  let view: AnswerView | undefined = createAnswerView(terminal);
  let marked: string | undefined;
  let newest: AnswerText | undefined;
  return {
    update: revision => {
      newest = revision;
      const isNew = marked !== undefined && revision.text !== marked;
      if (isNew && terminal.interactive) view ??= createAnswerView(terminal);
      if (marked === undefined || terminal.interactive) view?.update(revision);
    },
    mark: () => {
      marked = newest?.text ?? '';
      if (newest === undefined) return; // nothing to leave standing
      view?.update({ ...newest, finished: true });
      view?.finish();
      view = undefined;
    },
    finish: () => {
      if (marked !== undefined && newest !== undefined && newest.text !== marked) {
        view ??= createAnswerView(terminal);
        view.update({ ...newest, finished: true });
      }
      view?.finish();
    },
  };
}
