// SPDX-License-Identifier: Apache-2.0
import { aiflow } from '#gen';
import { TIERS, type Tier } from './address.ts';
import { readFields } from './fields.ts';
import { messagePayload } from './message-payload.ts';
import type { PayloadType } from './payload-type.ts';

/** One state of a text answer. A later revision, by `sequence`, replaces the earlier ones. */
export interface Revision {
  readonly session: string;
  readonly sequence: number;
  /** The deepest tier that has spoken. */
  readonly tier: Tier;
  readonly exit: number;
  readonly modelHash: string;
  /** 0 to 1. */
  readonly confidence: number;
  /** How old the answer's newest input is. */
  readonly ageMs: number;
  /** Tokens no later revision will change. */
  readonly committed: number;
  /** The whole answer so far. */
  readonly text: string;
  /** UTF-8 bytes of `text` that are committed. */
  readonly committedBytes: number;
  /** UTF-8 bytes of `text` that are at least edge-verified. */
  readonly edgeBytes: number;
  readonly finished: boolean;
}

const MAX_TEXT_LENGTH = 1_000_000;

/** {@link Revision} on the wire; confidence keeps 32-bit precision, text at most a million UTF-16 units. */
export const revisionPayload: PayloadType<Revision> = messagePayload({
  name: 'aiflow.answer.revision',
  wire: aiflow.v1.Revision,
  parse: parseRevision,
  toWire: value => value,
});

function parseRevision(raw: unknown): Revision {
  const fields = readFields('revision', raw);
  return {
    session: fields.label('session'),
    sequence: fields.uint('sequence'),
    tier: fields.oneOf('tier', TIERS),
    exit: fields.uint('exit'),
    modelHash: fields.text('modelHash', 128),
    confidence: fields.real('confidence', 0, 1),
    ageMs: fields.real('ageMs', 0),
    committed: fields.uint('committed'),
    text: fields.text('text', MAX_TEXT_LENGTH),
    committedBytes: fields.uint('committedBytes'),
    edgeBytes: fields.uint('edgeBytes'),
    finished: fields.flag('finished'),
  };
}
