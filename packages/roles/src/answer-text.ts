// SPDX-License-Identifier: Apache-2.0
import type { SessionRevision } from '@aiflow/decode';
import type { Revision } from '@aiflow/protocol';
import type { TextModel } from './text-model.ts';

/** What a wire revision says beside the tokens. */
export interface RevisionFacts {
  readonly session: string;
  readonly ageMs: number;
  /** Revisions shown before the first of this session. Default 0. */
  readonly revisionsShown?: number;
}

/** A revision as people see it: text instead of tokens, marks in UTF-8 bytes. */
export function describeRevision(textModel: TextModel, revision: SessionRevision, facts: RevisionFacts): Revision {
  const { tokens, committed, judged, finished } = revision;
  const { session, ageMs, revisionsShown = 0 } = facts;
  const text = textModel.decode(tokens, finished);
  const bytesOf = (length: number): number => {
    const isAll = length === tokens.length;
    return Buffer.byteLength(isAll ? text : textModel.decode(tokens.slice(0, length), false));
  };
  return {
    ...{ session, ageMs },
    sequence: revisionsShown + revision.sequence,
    tier: revision.tier,
    exit: revision.exit,
    modelHash: textModel.modelHash,
    confidence: Math.min(1, revision.confidence),
    committed,
    text,
    committedBytes: bytesOf(committed),
    edgeBytes: bytesOf(judged),
    finished,
  };
}

/** What is said instead of an answer to a question that lies too far away. */
export function refusalText(examples: readonly string[]): string {
  const shown = examples.slice(0, 3).map(example => `- ${example}`);
  return ['I was not trained for this. Questions I can answer:', ...shown].join('\n');
}
