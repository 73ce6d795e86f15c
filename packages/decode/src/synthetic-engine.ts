// SPDX-License-Identifier: Apache-2.0
import type {
  ComputeFormat,
  DraftRequest,
  DraftResult,
  Engine,
  OpenRequest,
  VerifyRequest,
  VerifyResult,
} from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';
import type { BatchVerification } from './batched-verify.ts';
import type { SyntheticLanguage } from './synthetic-language.ts';
import { createSyntheticSpeaker, SURE_MARGIN, type SyntheticSpeaker } from './synthetic-speaker.ts';

/** What an engine's work costs, in milliseconds. */
export interface EngineCosts {
  /** One token, drafted. */
  readonly stepMs: number;
  /** A block of tokens, judged or taken as given. Default: one step per eight tokens begun. */
  readonly verifyMs?: (tokens: number) => number;
  /** Blocks of several sessions in one pass, by their lengths. Absent: the engine offers no such pass. */
  readonly verifyManyMs?: (blocks: readonly number[]) => number;
  /** Opening a session of so many tokens. Default 0. */
  readonly openMs?: (tokens: number) => number;
}

/** How a synthetic engine presents itself. */
export interface SyntheticEngineOptions extends EngineCosts {
  readonly exits: readonly number[];
  /** Default `fp32`. */
  readonly format?: ComputeFormat;
  /** Default `synthetic`. */
  readonly family?: string;
  /** Default `synthetic-contract`. */
  readonly tensorContract?: string;
  /** Default: one id per layer up to the deepest exit. */
  readonly featureSpaces?: ReadonlyMap<number, string>;
}

/** An engine that spends time on a clock and speaks a synthetic language: for tests and simulation. */
export interface SyntheticEngine extends Engine, BatchVerification {
  /** Forgets every session, as a restarted process does. */
  forget(): void;
}

/** Makes one. Work for all sessions is done one piece after the other, as on one device. */
export function createSyntheticEngine(
  collaborators: { readonly clock: Clock; readonly language: SyntheticLanguage },
  options: SyntheticEngineOptions,
): SyntheticEngine {
  return new LanguageEngine(collaborators.clock, collaborators.language, options);
}

interface Held {
  readonly prompt: readonly number[];
  tokens: number[];
}

class LanguageEngine implements SyntheticEngine {
  readonly family: string;
  readonly format: ComputeFormat;
  readonly exits: readonly number[];
  readonly tensorContract: string;
  readonly featureSpaces: ReadonlyMap<number, string>;
  readonly verifyMany?: NonNullable<BatchVerification['verifyMany']>;
  readonly #clock: Clock;
  readonly #endToken: number;
  readonly #speaker: SyntheticSpeaker;
  readonly #stepMs: number;
  readonly #verifyMs: (tokens: number) => number;
  readonly #openMs: (tokens: number) => number;
  readonly #sessions = new Map<string, Held>();
  #turn: Promise<void> = Promise.resolve();

  constructor(clock: Clock, language: SyntheticLanguage, options: SyntheticEngineOptions) {
    this.#clock = clock;
    this.#endToken = language.endToken;
    this.#speaker = createSyntheticSpeaker(language, options);
    this.family = options.family ?? 'synthetic';
    this.format = options.format ?? 'fp32';
    this.exits = options.exits;
    this.tensorContract = options.tensorContract ?? 'synthetic-contract';
    this.featureSpaces = options.featureSpaces ?? spacesUpTo(Math.max(...options.exits));
    this.#stepMs = options.stepMs;
    this.#verifyMs = options.verifyMs ?? (tokens => Math.max(1, Math.ceil(tokens / 8)) * options.stepMs);
    this.#openMs = options.openMs ?? (() => 0);
    const { verifyManyMs } = options;
    if (verifyManyMs !== undefined) {
      this.verifyMany = (requests, signal) => this.#verifyMany(requests, verifyManyMs, signal);
    }
  }

  forget(): void {
    this.#sessions.clear();
  }

  open({ session, prompt, answer = [] }: OpenRequest, signal?: AbortSignal): Promise<void> {
    return this.#work(signal, async () => {
      await this.#spend(this.#openMs(prompt.length + answer.length), signal);
      this.#sessions.set(session, { prompt, tokens: [...answer] });
    });
  }

  draft(request: DraftRequest, signal?: AbortSignal): Promise<DraftResult> {
    const { session, base, given = [], count, policy } = request;
    return this.#work(signal, async () => {
      const held = this.#crop(session, base);
      held.tokens.push(...given);
      const { tokens, exits } = this.#speaker.speak(held, request);
      const computeMs = count === 0 ? this.#verifyMs(given.length) : tokens.length * this.#stepMs;
      await this.#spend(computeMs, signal);
      held.tokens.push(...tokens);
      const finished = tokens.at(-1) === this.#endToken;
      const made = { tokens, margins: tokens.map(() => SURE_MARGIN), finished, computeMs };
      return policy === undefined ? made : { ...made, exits };
    });
  }

  verify(request: VerifyRequest, signal?: AbortSignal): Promise<VerifyResult> {
    return this.#work(signal, async () => {
      const held = this.#crop(request.session, request.base);
      const computeMs = this.#verifyMs(request.tokens.length);
      await this.#spend(computeMs, signal);
      return this.#judge(held, request, computeMs);
    });
  }

  #verifyMany(
    requests: readonly VerifyRequest[],
    costMs: (blocks: readonly number[]) => number,
    signal: AbortSignal | undefined,
  ): Promise<readonly PromiseSettledResult<VerifyResult>[]> {
    return this.#work(signal, async () => {
      const computeMs = costMs(requests.map(({ tokens }) => tokens.length));
      await this.#spend(computeMs, signal);
      return requests.map((request): PromiseSettledResult<VerifyResult> => {
        try {
          const held = this.#crop(request.session, request.base);
          return { status: 'fulfilled', value: this.#judge(held, request, computeMs) };
        } catch (reason) {
          return { status: 'rejected', reason };
        }
      });
    });
  }

  async close(session: string): Promise<void> {
    this.#sessions.delete(session);
  }

  async status(): Promise<{ sessions: number; cachedBytes: number; residentBytes: number }> {
    return { sessions: this.#sessions.size, cachedBytes: 0, residentBytes: 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.forget();
  }

  #judge(held: Held, { exit, tokens }: VerifyRequest, computeMs: number): VerifyResult {
    const { accepted, correction } = this.#speaker.judge(held, exit, tokens);
    held.tokens.push(...tokens.slice(0, accepted), ...(correction === undefined ? [] : [correction]));
    const finished = held.tokens.at(-1) === this.#endToken;
    const margins = Array.from({ length: accepted + (correction === undefined ? 0 : 1) }, () => SURE_MARGIN);
    return { accepted, correction, finished, margins, nearTies: 0, computeMs };
  }

  #crop(session: string, length: number): Held {
    const held = this.#sessions.get(session);
    if (held === undefined) throw new AiflowError('not-found', `session ${session} is not held: open it again`);
    if (length > held.tokens.length) {
      throw new AiflowError(
        'out-of-range',
        `session ${session} holds ${held.tokens.length} answer tokens, can't crop to ${length}`,
      );
    }
    held.tokens.length = length;
    return held;
  }

  #work<T>(signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => {
      signal?.throwIfAborted();
      return run();
    });
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #spend(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (ms > 0) await sleep(this.#clock, ms, signal);
  }
}

function spacesUpTo(depth: number): ReadonlyMap<number, string> {
  return new Map(Array.from({ length: depth + 1 }, (_, layer) => [layer, `synthetic-space-${layer}`]));
}
