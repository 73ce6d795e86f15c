// SPDX-License-Identifier: Apache-2.0
import { KINDS, type MessageKind } from './message-kind.ts';

/** What tells whether a message answers another, and which part of the answer it is. */
export interface AnswerPlace {
  readonly kind: MessageKind;
  /** The id of what is answered. */
  readonly correlationId: string;
  readonly position: number;
}

/** What the ids of answers end in; a stream's items end in their position. */
const ANSWER_ENDINGS: Readonly<Partial<Record<MessageKind, string>>> = { reply: 'r', failure: 'f', 'stream-end': 'e' };

/** The id of an answer: `<id of what it answers>#r` for a reply, `#f` for a failure, `#e` for an end, `#7` for item 7. '' for other kinds. */
export function answerId({ kind, correlationId, position }: AnswerPlace): string {
  const ending = kind === 'stream-item' ? position : ANSWER_ENDINGS[kind];
  return ending === undefined || correlationId === '' ? '' : `${correlationId}#${ending}`;
}

/** As {@link answerId}, with the kind's number on the wire; '' for a number that no kind has. */
export function answerIdOnWire({
  kind,
  correlationId,
  position,
}: Omit<AnswerPlace, 'kind'> & { readonly kind: number }): string {
  const name = KINDS[kind - 1];
  return name === undefined ? '' : answerId({ kind: name, correlationId, position });
}
