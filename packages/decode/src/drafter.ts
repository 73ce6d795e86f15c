// SPDX-License-Identifier: Apache-2.0
import type { ComputeFormat, DraftResult, Engine, SamplingOptions } from '@aiflow/model';
import type { Tier } from '@aiflow/protocol';

/** Tokens wanted from the session owner's own engine. Lengths are answer positions. */
export interface DraftOrder {
  readonly exit: number;
  /** What the engine holds is first cropped to this answer length. */
  readonly base: number;
  /** Tokens to take as given from `base` on. */
  readonly given: readonly number[];
  readonly count: number;
}

/** The owner's own engine, bound to one session. Every method fails with an AiflowError. */
export interface Drafter {
  readonly node: string;
  readonly tier: Tier;
  readonly format: ComputeFormat;
  /** Depths it can run, ascending. */
  readonly exits: readonly number[];
  /** What the node draws while it computes, in watts, if that is stated. */
  readonly watts?: number;
  /** Holds the prompt and `answer`; opening again rebuilds. */
  open(answer: readonly number[], signal: AbortSignal): Promise<void>;
  /** Fails with `not-found` when the session was forgotten, `cancelled` when `signal` aborted. */
  draft(order: DraftOrder, signal: AbortSignal): Promise<DraftResult>;
  close(): Promise<void>;
}

/** What a decoding session is about, the same at every tier. */
export interface SessionSubject {
  readonly session: string;
  readonly prompt: readonly number[];
  /** Greedy when absent. */
  readonly sampling?: SamplingOptions;
}

/** Drafts with an engine of this process. */
export function createEngineDrafter(
  engine: Engine,
  subject: SessionSubject,
  place: { readonly node: string; readonly tier: Tier; readonly watts?: number },
): Drafter {
  const { session } = subject;
  return {
    ...place,
    format: engine.format,
    exits: engine.exits,
    open: (answer, signal) => engine.open({ ...subject, answer }, signal),
    draft: (order, signal) => engine.draft({ session, ...order }, signal),
    close: () => engine.close(session),
  };
}
