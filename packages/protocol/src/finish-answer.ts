// SPDX-License-Identifier: Apache-2.0
//
// An answer that a node gave alone, on its way to nodes that finish it, and the finished one on its way home.
import { aiflow } from '#gen';
import { AiflowError } from './aiflow-error.ts';
import { parseSampling, type Sampling } from './decode-session.ts';
import { readFields } from './fields.ts';
import { messagePayload } from './message-payload.ts';
import { type PayloadType, parseJsonBytes } from './payload-type.ts';
import { type Revision, revisionPayload } from './revision.ts';

/** An answer that a node gave alone and that others are asked to finish. */
export interface FinishAnswer {
  /** Id of the request; its answers are told apart by `epoch`. */
  readonly request: string;
  readonly epoch: number;
  /** The node that owns the request. */
  readonly replyTo: string;
  readonly question: string;
  readonly family: string;
  readonly modelHash: string;
  /** Wanted; 0 is the family's deepest. */
  readonly exit: number;
  readonly maxTokens: number;
  /** Greedy when absent. */
  readonly sampling?: Sampling;
  readonly draftExit: number;
  /** What the sender's own exit said. */
  readonly drafted: readonly number[];
}

/** The revision of an answer that was given alone. */
export interface AnswerFinished {
  readonly request: string;
  readonly epoch: number;
  readonly revision: Revision;
  /** A JSON value. */
  readonly summary: unknown;
}

const MAX_TOKENS = 65_536;
const MAX_QUESTION_LENGTH = 1_000_000;
const MAX_SUMMARY_BYTES = 262_144;

/** {@link FinishAnswer} on the wire: a question of at most a million UTF-16 units, at most 65 536 drafted tokens. */
export const finishAnswerPayload: PayloadType<FinishAnswer> = messagePayload({
  name: 'aiflow.answer.finish',
  wire: aiflow.v1.FinishAnswer,
  parse: parseFinishAnswer,
  toWire: value => ({ ...value, drafted: [...value.drafted], sampling: value.sampling ?? null }),
});

/** {@link AnswerFinished} on the wire; the summary takes at most 256 KiB as JSON. */
export const answerFinishedPayload: PayloadType<AnswerFinished> = messagePayload({
  name: 'aiflow.answer.finished',
  wire: aiflow.v1.AnswerFinished,
  parse: parseAnswerFinished,
  toWire: value => ({ ...value, summary: encodeSummary(value.summary) }),
});

function parseFinishAnswer(raw: unknown): FinishAnswer {
  const fields = readFields('finish answer', raw);
  return {
    request: fields.label('request'),
    epoch: fields.uint('epoch'),
    replyTo: fields.name('replyTo'),
    question: fields.text('question', MAX_QUESTION_LENGTH),
    family: fields.label('family'),
    modelHash: fields.text('modelHash', 128),
    exit: fields.uint('exit'),
    maxTokens: fields.uint('maxTokens', MAX_TOKENS),
    ...(fields.has('sampling') ? { sampling: fields.nested('sampling', parseSampling) } : {}),
    draftExit: fields.uint('draftExit'),
    drafted: fields.uints('drafted', MAX_TOKENS),
  };
}

function parseAnswerFinished(raw: unknown): AnswerFinished {
  const fields = readFields('answer finished', raw);
  return {
    request: fields.label('request'),
    epoch: fields.uint('epoch'),
    revision: fields.nested('revision', revisionPayload.fromJson),
    summary: parseSummary((raw as { readonly summary?: unknown }).summary),
  };
}

function encodeSummary(summary: unknown): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(summary) ?? 'null');
  return checkSummarySize(bytes);
}

/** Bytes come from the wire, anything else is the value itself. */
function parseSummary(raw: unknown): unknown {
  if (!(raw instanceof Uint8Array)) return raw ?? null;
  return parseJsonBytes('aiflow.answer.finished', checkSummarySize(raw));
}

function checkSummarySize(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength <= MAX_SUMMARY_BYTES) return bytes;
  throw new AiflowError(
    'invalid-argument',
    `answer finished.summary of ${bytes.byteLength} bytes must be at most ${MAX_SUMMARY_BYTES} bytes`,
  );
}
