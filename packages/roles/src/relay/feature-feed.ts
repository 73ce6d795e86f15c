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
import { createRowCodec } from '@aiflow/codec';
import type { RelayState } from '@aiflow/model';
import {
  AiflowError,
  closeSession,
  type FeatureChunk,
  type FeaturesOpened,
  type FeatureTerms,
  stepFeatures,
} from '@aiflow/protocol';
import type { ChosenSource } from './choose-source.ts';
import { type RowTerms, readChunk } from './feature-rows.ts';
import { type FeatureStream, type FeatureStreamParts, openFeatureStream } from './feature-stream.ts';
import { checkOpened, checkPositions, type RelaySide } from './feature-terms.ts';
import { type FeedOpening, type FeedSession, requestOf, termsOf } from './feed-request.ts';
import { streamEnded } from './relay-faults.ts';
import { readRows } from './stream-rows.ts';

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
    const terms = termsOf(this.#parts, this.#session, opening);
    this.leave();
    const stream = openFeatureStream(this.#parts, requestOf(this.#session, terms, opening));
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

  /** F1 */
  async #readOpened(
    stream: FeatureStream,
    terms: FeatureTerms,
    { answer, ownTokens, keepsOwn = false }: FeedOpening,
  ): Promise<FeaturesOpened> {
    const first = await stream.next(this.#limits.openTimeoutMs, 'features');
    const opened = first?.opened;
    if (opened === undefined) throw streamEnded(this.source.address.node, 'opened no features');
    checkOpened(terms, opened);
    const mayHaveSaid = keepsOwn ? Infinity : ownTokens;
    const expected = this.#session.prompt.length + answer.length;
    checkPositions(opened, { expected, ownTokens: mayHaveSaid });
    return opened;
  }

  async *blocks(): AsyncGenerator<RelayState, void> {
    const { terms, answer, stream } = this.#expectOpened();
    yield* readRows(stream, {
      ...{ terms: this.#rowTerms(terms.includesCache), from: terms.from, to: answer.positions },
      chunkTimeoutMs: this.#limits.chunkTimeoutMs,
      node: this.source.address.node,
      onChunk: () => {
        this.#chunks += 1;
      },
    });
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
}
