// SPDX-License-Identifier: Apache-2.0
//
// The reader's end of a relay: opens a session at a source, takes what it streams, asks for the rows of further tokens.
//
// F1  Nothing is taken before the source has repeated the terms it was asked for.
// F2  Every wait has a limit: the opening, each chunk, each step. A step that got lost is asked for once more; it may be,
//     as the same step twice gives the same rows.
// F3  At most four chunks are held that were not read, and rows of at most ROWS_AT_ONCE positions and a chunk that were:
//     small chunks of a slow link are handed on together, as each costs the engine a call.
// F4  At most one stream is open, and none once its rows were read, its opening was refused, or the feed was left: a source
//     that waits for a reader who went away keeps a place that others want.
import type { ActorCaller } from '@aiflow/actor';
import { createRowCodec, type WireFormat } from '@aiflow/codec';
import type { RelayState, SamplingOptions } from '@aiflow/model';
import {
  AiflowError,
  closeSession,
  type FeatureChunk,
  type FeaturesOpened,
  type FeatureTerms,
  type OpenFeatures,
  stepFeatures,
} from '@aiflow/protocol';
import type { ChosenSource } from './choose-source.ts';
import { joinStates, type RowTerms, readChunk } from './feature-rows.ts';
import { type FeatureStream, type FeatureStreamParts, openFeatureStream } from './feature-stream.ts';
import { checkOpened, checkPositions, describeTerms, type RelaySide } from './feature-terms.ts';

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
export interface FeedParts extends FeatureStreamParts {
  /** Says farewell, which must be possible after the request was cancelled. */
  readonly farewell: ActorCaller;
  readonly side: RelaySide;
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
  /** Ends the stream that was opened last, however much of it was read; the session stays. Never throws. */
  leave(): void;
  /** Lets the source forget the session. Never throws. */
  close(): Promise<void>;
}

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
}

class RemoteFeed implements FeatureFeed {
  readonly source: ChosenSource;
  readonly #parts: FeedParts;
  readonly #session: FeedSession;
  readonly #limits: Required<FeedLimits>;
  #opened: Opened | undefined;
  #stream: FeatureStream | undefined;
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

  async open(opening: FeedOpening): Promise<FeaturesOpened> {
    const terms = this.#termsOf(opening);
    this.leave();
    const stream = openFeatureStream(this.#parts, this.#requestOf(terms, opening));
    this.#stream = stream;
    try {
      const answer = await this.#readOpened(stream, terms, opening);
      this.#opened = { terms, answer };
      return answer;
    } catch (error) {
      stream.leave();
      throw error;
    }
  }

  #termsOf({ includesCache, from }: FeedOpening): FeatureTerms {
    const { side, source } = this.#parts;
    const { session, epoch, wireFormat } = this.#session;
    const { layer, format } = source;
    return describeTerms(side, { session, epoch, layer, wireFormat, includesCache, from, format });
  }

  #requestOf(terms: FeatureTerms, { answer, ownTokens, keepsOwn = false }: FeedOpening): OpenFeatures {
    const { prompt, sampling } = this.#session;
    const plain = { ...terms, prompt, answer, ownTokens, keepsOwn, ownExit: terms.layer };
    return sampling === undefined ? plain : { ...plain, sampling };
  }

  /** F1 */
  async #readOpened(
    stream: FeatureStream,
    terms: FeatureTerms,
    { answer, ownTokens, keepsOwn = false }: FeedOpening,
  ): Promise<FeaturesOpened> {
    const first = await stream.next(this.#limits.openTimeoutMs, 'features');
    const opened = first?.opened;
    if (opened === undefined) throw this.#lost('opened no features');
    checkOpened(terms, opened);
    const mayHaveSaid = keepsOwn ? Infinity : ownTokens;
    const expected = this.#session.prompt.length + answer.length;
    checkPositions(opened, { expected, ownTokens: mayHaveSaid });
    return opened;
  }

  async *blocks(): AsyncGenerator<RelayState, void> {
    const { terms, answer, stream } = this.#expectOpened();
    const rowTerms = this.#rowTerms(terms.includesCache);
    let position = terms.from;
    let held: RelayState[] = [];
    try {
      while (position < answer.positions) {
        const chunk = await stream.next(this.#limits.chunkTimeoutMs, `features at position ${position}`);
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
      stream.leave();
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

  leave(): void {
    this.#stream?.leave();
    this.#stream = undefined;
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

  #rowTerms(includesCache: boolean): RowTerms {
    const { wireFormat, epoch } = this.#session;
    const { source, side } = this.#parts;
    return { codec: createRowCodec(wireFormat), layer: source.layer, width: side.width, includesCache, epoch };
  }

  #expectOpened(): Opened & { readonly stream: FeatureStream } {
    if (this.#opened !== undefined && this.#stream !== undefined) return { ...this.#opened, stream: this.#stream };
    throw new AiflowError('internal', 'features are read before they were opened');
  }

  #lost(what: string): AiflowError {
    return new AiflowError('data-loss', `${this.source.address.node} ${what}, then its stream ended`);
  }
}
