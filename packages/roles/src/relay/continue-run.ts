// SPDX-License-Identifier: Apache-2.0
//
// One answer that goes on here, where another node stopped.
//
//   receiving --all rows are here--> saying --end token or limit--> done
//       \________ the source is lost ________/ \___ from now on alone, from token ids
//
// A1  What this node says is what its exit says to the tokens before and the rows it was given, whatever came when.
// A2  A relay that can't work (terms, layers, shapes, numbers) ends the run with what differs; nothing is guessed.
// A3  A source that is lost does not end the run where this node holds the layers below: it goes on by itself and says
//     so. Where it does not, the run ends within the limits of the feed, naming node, hop, cause and remedy.
// A4  With the way `features` each token waits for its row; with the others it waits for nobody.
import type { DraftResult, RelayingEngine, RelayState } from '@aiflow/model';
import type { RelayWay } from '@aiflow/placement';
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { TextModel } from '../text-model.ts';
import type { ContinueItem, RelaySummary } from './continue-contract.ts';
import type { ContinueRequest } from './continue-request.ts';
import { createRelayTally, type RelayTally } from './continue-tally.ts';
import type { FeatureFeed } from './feature-feed.ts';
import type { LinkFigures } from './link-book.ts';
import { type FaultPlace, isLoss, lackingFrom, outOfTime, stuck } from './relay-faults.ts';

/** What a run works with. */
export interface ContinueParts {
  readonly engine: RelayingEngine;
  readonly textModel: Pick<TextModel, 'decode'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly node: string;
  /** Undefined where nothing is needed of a source. */
  readonly feed: FeatureFeed | undefined;
  /** Time that the whole answer has. */
  readonly allowedMs: number;
  readonly remainingMs: () => number;
  readonly link: LinkFigures;
}

/** The answer as it is wanted, with every default filled in. */
export interface ContinuePlan
  extends Required<Pick<ContinueRequest, 'answer' | 'way' | 'wireFormat' | 'ownTokens' | 'keepsOwn' | 'session'>>,
    Pick<ContinueRequest, 'sampling'> {
  readonly engineSession: string;
  readonly prompt: readonly number[];
  readonly exit: number;
  readonly maxTokens: number;
}

/** Tokens asked of the engine at once where nobody is waited for. */
const TOKENS_AT_ONCE = 8;
const MAX_REFILLS = 2;

/** Says the rest of an answer; the summary comes last. */
export function continueRun(parts: ContinueParts, plan: ContinuePlan): AsyncGenerator<ContinueItem, void> {
  return new ContinueRun(parts, plan).items();
}

class ContinueRun {
  readonly #parts: ContinueParts;
  readonly #plan: ContinuePlan;
  readonly #tally: RelayTally;
  readonly #tokens: number[] = [];
  #standing: readonly number[];
  #own = 0;
  #way: RelayWay;
  #feed: FeatureFeed | undefined;
  #loss: AiflowError | undefined;
  #finished = false;
  #refills = 0;

  constructor(parts: ContinueParts, plan: ContinuePlan) {
    this.#parts = parts;
    this.#plan = plan;
    this.#tally = createRelayTally(parts.clock);
    this.#standing = plan.answer;
    this.#way = plan.way;
    this.#feed = parts.feed;
  }

  async *items(): AsyncGenerator<ContinueItem, void> {
    const { engine, textModel } = this.#parts;
    const { engineSession } = this.#plan;
    try {
      await this.#receive();
      while (!this.#finished && this.#tokens.length < this.#plan.maxTokens) {
        const tokens = await this.#say();
        yield { kind: 'tokens', tokens, text: textModel.decode(this.#answer(), false) };
        if (!this.#isOver()) await this.#fetchRows(tokens);
      }
      yield { kind: 'summary', summary: this.#summarize() };
    } finally {
      this.#parts.feed?.leave(); // not read to its end where the source's own exit ended the answer
      await engine.close(engineSession);
    }
  }

  async #receive(): Promise<void> {
    const { engine, signal } = this.#parts;
    const { engineSession: session, prompt, answer, sampling, ownTokens, keepsOwn, way } = this.#plan;
    const plain = { session, prompt, answer };
    await engine.open(sampling === undefined ? plain : { ...plain, sampling }, signal);
    const feed = this.#feed;
    if (feed === undefined) return;
    await this.#orAlone(async () => {
      const isRelay = way !== 'ids';
      const from = isRelay ? 0 : 0xffff_ffff; // nothing is lacking where only the source's own tokens are wanted
      const opened = await feed.open({ answer, ownTokens, keepsOwn, includesCache: way === 'cache', from });
      this.#tally.opened(opened);
      await this.#takeOwn(opened.ownTokens, opened.finished);
      if (isRelay && !this.#finished) await this.#takeBlocks(feed);
    });
  }

  async #takeOwn(tokens: readonly number[], finished: boolean): Promise<void> {
    const { engine, signal } = this.#parts;
    const { engineSession: session, exit, answer } = this.#plan;
    if (tokens.length === 0) return;
    await engine.draft({ session, exit, base: answer.length, given: tokens, count: 0 }, signal);
    this.#standing = [...answer, ...tokens];
    this.#own = tokens.length;
    this.#finished = finished;
  }

  async #takeBlocks(feed: FeatureFeed): Promise<void> {
    for await (const state of feed.blocks()) await this.#take(state, feed.chunks);
  }

  async #take(state: RelayState, chunks: number): Promise<void> {
    this.#tally.received(state, this.#plan.wireFormat, chunks);
    const beganMs = this.#parts.clock.nowMs();
    await this.#parts.engine.writeState(this.#plan.engineSession, state, this.#parts.signal);
    this.#tally.wrote(this.#parts.clock.nowMs() - beganMs);
  }

  /** A4 */
  async #fetchRows(tokens: readonly number[]): Promise<void> {
    const feed = this.#feed;
    if (this.#way !== 'features' || feed === undefined) return;
    const base = this.#answer().length - tokens.length;
    await this.#orAlone(async () => {
      const state = await feed.step(base, tokens).catch(error => this.#openAgain(feed, base, error));
      if (state === undefined) return;
      this.#tally.stepped(state, this.#plan.wireFormat);
      await this.#parts.engine.writeState(this.#plan.engineSession, state, this.#parts.signal);
    });
  }

  /** A source that was started anew, or had too many sessions, makes the rows again from prompt and answer. */
  async #openAgain(feed: FeatureFeed, base: number, error: unknown): Promise<undefined> {
    this.#refills += 1;
    const isForgotten = AiflowError.is(error) && error.code === 'not-found';
    if (!isForgotten || this.#refills > MAX_REFILLS) throw error;
    const from = this.#plan.prompt.length + base;
    await feed.open({ answer: this.#answer(), ownTokens: 0, includesCache: false, from });
    await this.#takeBlocks(feed);
    return undefined;
  }

  async #say(): Promise<readonly number[]> {
    this.#checkTime();
    const left = this.#plan.maxTokens - this.#tokens.length;
    const isFirst = this.#tokens.length === 0; // by itself in every way, as it is timed and somebody waits for it
    const drafted = await this.#draft(isFirst || this.#way === 'features' ? 1 : Math.min(TOKENS_AT_ONCE, left));
    this.#tally.said(drafted);
    this.#tokens.push(...drafted.tokens);
    this.#finished = drafted.finished;
    return drafted.tokens;
  }

  async #draft(count: number): Promise<DraftResult> {
    const { engine, signal } = this.#parts;
    const { engineSession: session, exit } = this.#plan;
    try {
      return await engine.draft({ session, exit, base: this.#answer().length, count }, signal);
    } catch (error) {
      const lacking = lackingFrom(error);
      if (lacking === undefined) throw error;
      await this.#refill(lacking, AiflowError.from(error));
      return this.#draft(count);
    }
  }

  /** The engine lost rows, as its host was replaced: the source still has them. */
  async #refill(from: number, error: AiflowError): Promise<void> {
    const feed = this.#feed;
    this.#refills += 1;
    if (feed === undefined || this.#refills > MAX_REFILLS) throw this.#stuck(error);
    try {
      await feed.open({ answer: this.#answer(), ownTokens: 0, includesCache: this.#way === 'cache', from });
      await this.#takeBlocks(feed);
    } catch (cause) {
      throw this.#stuck(AiflowError.from(cause));
    }
  }

  /** A3 */
  async #orAlone(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      const error = AiflowError.from(thrown).at({ hop: this.#hop() });
      if (this.#parts.signal.aborted || !isLoss(error)) throw error;
      this.#loss = error;
      this.#feed = undefined;
      this.#way = 'ids';
      this.#tally.note(`${error.hop}: ${error.message}; went on from token ids, computing every layer here`);
    }
  }

  /** A3: neither rows nor the layers that make them. */
  #stuck(error: AiflowError): AiflowError {
    return stuck(error, this.#parts.feed?.source.address.node ?? 'the source', this.#place());
  }

  #checkTime(): void {
    if (this.#parts.remainingMs() > 0) return;
    throw outOfTime(this.#parts.allowedMs, this.#tokens.length, this.#place());
  }

  #isOver(): boolean {
    return this.#finished || this.#tokens.length >= this.#plan.maxTokens;
  }

  #answer(): readonly number[] {
    return [...this.#standing, ...this.#tokens];
  }

  #place(): FaultPlace {
    return { node: this.#parts.node, hop: this.#hop(), loss: this.#loss };
  }

  #hop(): string {
    const { node, feed } = this.#parts;
    return feed === undefined ? node : `${node} -> ${feed.source.address.node}/${feed.source.address.actor}`;
  }

  #summarize(): RelaySummary {
    const { engine, textModel, feed, link } = this.#parts;
    const { session, wireFormat, exit, prompt } = this.#plan;
    const source = feed === undefined ? undefined : feed.source;
    return {
      ...{ session, wireFormat, exit, link, way: this.#way, computeFormat: engine.format },
      ...(source === undefined
        ? {}
        : { source: { node: source.address.node, layer: source.layer, format: source.format } }),
      promptTokens: prompt.length,
      standing: this.#standing,
      ownTokens: this.#own,
      tokens: this.#tokens,
      text: textModel.decode(this.#answer(), true),
      endedByItself: this.#finished,
      ...this.#tally.figures(),
    };
  }
}
