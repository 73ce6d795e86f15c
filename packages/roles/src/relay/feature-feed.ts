// SPDX-License-Identifier: Apache-2.0
//
// The reader's end of a relay: opens a session at a source, takes what it streams, asks for the rows of further tokens.
//
// F1  Nothing is taken before the source has repeated the terms it was asked for.
// F2  Every wait has a limit: the opening, each chunk, each step. A step that got lost is asked for once more; it may be,
//     as the same step twice gives the same rows.
// F3  At most CREDIT chunks are held that were not read, and rows of at most ROWS_AT_ONCE positions and a chunk that were:
//     small chunks of a slow link are handed on together, as each costs the engine a call.
import type { ActorCaller } from '@aiflow/actor';
import { createRowCodec, type WireFormat } from '@aiflow/codec';
import { withTimeLimit } from '@aiflow/decode';
import type { RelayState, SamplingOptions } from '@aiflow/model';
import {
  AiflowError,
  closeSession,
  type FeatureChunk,
  type FeaturesOpened,
  type FeatureTerms,
  openFeatures,
  stepFeatures,
} from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { ChosenSource } from './choose-source.ts';
import { joinStates, type RowTerms, readChunk } from './feature-rows.ts';
import { checkOpened, describeTerms, type RelaySide } from './feature-terms.ts';

/** How long the parts of a relay may take, in milliseconds. */
export interface FeedLimits {
  /** Until the source has said its own tokens and computed what the reader lacks. Default 15 000. */
  readonly openTimeoutMs?: number;
  /** Between two chunks. Default 5 000. */
  readonly chunkTimeoutMs?: number;
  /** For the rows of one step, the first time. Default 2 000. */
  readonly stepTimeoutMs?: number;
}

/** What a feed works with. */
export interface FeedParts {
  readonly caller: ActorCaller;
  /** Says farewell, which must be possible after the request was cancelled. */
  readonly farewell: ActorCaller;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly side: RelaySide;
  readonly source: ChosenSource;
  readonly remainingMs: () => number;
  readonly limits: FeedLimits;
}

/** The session as the source shall know it. */
export interface FeedSession {
  readonly session: string;
  readonly epoch: number;
  readonly wireFormat: WireFormat;
  readonly prompt: readonly number[];
  readonly sampling?: SamplingOptions;
}

/** What the reader lacks. */
export interface FeedOpening {
  readonly answer: readonly number[];
  readonly ownTokens: number;
  /** What the source said so far stands. Default false. */
  readonly keepsOwn?: boolean;
  readonly includesCache: boolean;
  readonly from: number;
}

/** One session at one source. */
export interface FeatureFeed {
  readonly source: ChosenSource;
  /** Chunks with rows taken so far. */
  readonly chunks: number;
  open(opening: FeedOpening): Promise<FeaturesOpened>;
  /** The rows that follow what was opened last. */
  blocks(): AsyncGenerator<RelayState, void>;
  /** The rows of tokens from answer position `base` on. */
  step(base: number, tokens: readonly number[]): Promise<RelayState>;
  /** Lets the source forget the session. Never throws. */
  close(): Promise<void>;
}

const CREDIT = 4;
const ROWS_AT_ONCE = 64;
const STEP_ATTEMPTS = 2;
const DEFAULTS = { openTimeoutMs: 15_000, chunkTimeoutMs: 5_000, stepTimeoutMs: 2_000 };

/** A feed that is not open yet. */
export function createFeatureFeed(parts: FeedParts, session: FeedSession): FeatureFeed {
  return new RemoteFeed(parts, session);
}

interface Opened {
  readonly terms: FeatureTerms;
  readonly answer: FeaturesOpened;
  readonly chunks: AsyncIterator<FeatureChunk>;
}

class RemoteFeed implements FeatureFeed {
  readonly source: ChosenSource;
  readonly #parts: FeedParts;
  readonly #session: FeedSession;
  readonly #limits: Required<FeedLimits>;
  #opened: Opened | undefined;
  #chunks = 0;

  constructor(parts: FeedParts, session: FeedSession) {
    this.source = parts.source;
    this.#parts = parts;
    this.#session = session;
    this.#limits = { ...DEFAULTS, ...parts.limits };
  }

  get chunks(): number {
    return this.#chunks;
  }

  async open({ answer, ownTokens, keepsOwn = false, includesCache, from }: FeedOpening): Promise<FeaturesOpened> {
    const { caller, signal, side, source, remainingMs } = this.#parts;
    const { session, epoch, wireFormat, prompt, sampling } = this.#session;
    const wanted = { session, epoch, layer: source.layer, wireFormat, includesCache, from, format: source.format };
    const terms = describeTerms(side, wanted);
    const plain = { ...terms, prompt, answer, ownTokens, keepsOwn, ownExit: source.layer };
    const request = sampling === undefined ? plain : { ...plain, sampling };
    const options = { signal, timeoutMs: remainingMs(), deliveryClass: 'bulk', credit: CREDIT } as const;
    const chunks = caller.stream(source.address, openFeatures, request, options)[Symbol.asyncIterator]();
    const first = await this.#next(chunks, this.#limits.openTimeoutMs, 'features');
    const opened = first?.opened;
    if (opened === undefined) throw this.#lost('opened no features');
    checkOpened(terms, opened); // F1
    const mayHaveSaid = keepsOwn ? Infinity : ownTokens;
    this.#checkPositions(opened, { expected: prompt.length + answer.length, ownTokens: mayHaveSaid });
    this.#opened = { terms, answer: opened, chunks };
    return opened;
  }

  async *blocks(): AsyncGenerator<RelayState, void> {
    const { terms, answer, chunks } = this.#expectOpened();
    const rowTerms = this.#rowTerms(terms.includesCache);
    let position = terms.from;
    let held: RelayState[] = [];
    try {
      while (position < answer.positions) {
        const chunk = await this.#next(chunks, this.#limits.chunkTimeoutMs, `features at position ${position}`);
        if (chunk === undefined) throw this.#lost(`sent features up to position ${position} of ${answer.positions}`);
        const state = readChunk(chunk, rowTerms, position);
        position += state.rows;
        this.#chunks += 1;
        if (position > answer.positions)
          throw this.#lost(`sent ${position} positions, ${answer.positions} were opened`);
        held.push(state);
        const isLast = position === answer.positions;
        if (!isLast && held.reduce((sum, { rows }) => sum + rows, 0) < ROWS_AT_ONCE) continue; // F3
        yield joinStates(held);
        held = [];
      }
    } finally {
      await chunks.return?.();
    }
  }

  async step(base: number, tokens: readonly number[]): Promise<RelayState> {
    const { session, epoch, prompt } = this.#session;
    const { caller, source } = this.#parts;
    const request = { session, epoch, base, tokens };
    const chunk = await this.#insist(timeoutMs =>
      caller.ask(source.address, stepFeatures, request, { signal: this.#parts.signal, timeoutMs }),
    );
    return readChunk(chunk, this.#rowTerms(false), prompt.length + base);
  }

  async close(): Promise<void> {
    const { farewell, source } = this.#parts;
    await farewell.tell(source.address, closeSession, { session: this.#session.session }).catch(() => undefined);
  }

  /** F2 */
  async #insist(ask: (timeoutMs: number) => Promise<FeatureChunk>): Promise<FeatureChunk> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask(Math.min(this.#limits.stepTimeoutMs * attempt, this.#parts.remainingMs()));
      } catch (error) {
        const isLost = AiflowError.is(error) && error.code === 'deadline-exceeded';
        if (!isLost || attempt === STEP_ATTEMPTS || this.#parts.signal.aborted) throw error;
      }
    }
  }

  async #next(chunks: AsyncIterator<FeatureChunk>, timeoutMs: number, what: string): Promise<FeatureChunk | undefined> {
    const { clock, signal, source, remainingMs } = this.#parts;
    const limitMs = Math.min(timeoutMs, remainingMs());
    try {
      const next = await withTimeLimit({ clock, limitMs, what: `${what} of ${source.address.node}`, signal }, () =>
        chunks.next(),
      );
      return next.done === true ? undefined : next.value;
    } catch (error) {
      chunks.return?.().catch(() => undefined); // what failed is told already
      throw error;
    }
  }

  #checkPositions(
    { positions, ownTokens: said }: FeaturesOpened,
    { expected, ownTokens }: { readonly expected: number; readonly ownTokens: number },
  ): void {
    if (said.length <= ownTokens && positions === expected + said.length) return;
    throw new AiflowError(
      'failed-precondition',
      `this relay can't work: ${expected} positions and at most ${ownTokens} own tokens were asked for, ` +
        `${positions} positions with ${said.length} own tokens were opened`,
    );
  }

  #rowTerms(includesCache: boolean): RowTerms {
    const { wireFormat, epoch } = this.#session;
    const { source, side } = this.#parts;
    return { codec: createRowCodec(wireFormat), layer: source.layer, width: side.width, includesCache, epoch };
  }

  #expectOpened(): Opened {
    if (this.#opened !== undefined) return this.#opened;
    throw new AiflowError('internal', 'features are read before they were opened');
  }

  #lost(what: string): AiflowError {
    return new AiflowError('data-loss', `${this.source.address.node} ${what}, then its stream ended`);
  }
}
