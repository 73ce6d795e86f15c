// SPDX-License-Identifier: Apache-2.0
//
// Where the rows of a run come from; the invariants are those of the run.
//
//   fed --the source is lost--> alone
import type { RelayState } from '@aiflow/model';
import type { RelayWay } from '@aiflow/placement';
import { AiflowError } from '@aiflow/protocol';
import type { ContinueParts, ContinuePlan } from './continue-plan.ts';
import type { RelayTally } from './continue-tally.ts';
import type { FeatureFeed } from './feature-feed.ts';
import { type FaultPlace, isLoss, stuck } from './relay-faults.ts';

/** Brings a run's rows to its engine as long as they come. */
export interface RowSupply {
  /** The way of the run: `ids` once it is alone. */
  readonly way: RelayWay;
  /** Where the run is, for errors. */
  readonly place: FaultPlace;
  /** Takes what the source says itself and, but for the way `ids`, the rows of all positions. The session is open. */
  receive(): Promise<SaidBySource>;
  /** Takes the rows of the `tokens` that `answer` ends with, where the next one waits for them (A4). */
  follow(answer: readonly number[], tokens: readonly number[]): Promise<void>;
  /** The engine lost rows from position `from` on, as `error` says: they are asked for again, or the run ends (A3). */
  refill(answer: readonly number[], from: number, error: AiflowError): Promise<void>;
}

/** Tokens that the source said after the answer it was given. */
export interface SaidBySource {
  readonly tokens: readonly number[];
  /** The last of them ends the answer. */
  readonly finished: boolean;
}

const MAX_REFILLS = 2;
const NOTHING_LACKING = 0xffff_ffff;

/** The supply of one run. */
export function createRowSupply(parts: ContinueParts, plan: ContinuePlan, tally: RelayTally): RowSupply {
  return new FedSupply(parts, plan, tally);
}

class FedSupply implements RowSupply {
  way: RelayWay;
  readonly #parts: ContinueParts;
  readonly #plan: ContinuePlan;
  readonly #tally: RelayTally;
  #feed: FeatureFeed | undefined;
  #loss: AiflowError | undefined;
  #refills = 0;

  constructor(parts: ContinueParts, plan: ContinuePlan, tally: RelayTally) {
    this.#parts = parts;
    this.#plan = plan;
    this.#tally = tally;
    this.way = plan.way;
    this.#feed = parts.feed;
  }

  get place(): FaultPlace {
    return { node: this.#parts.node, hop: this.#hop(), loss: this.#loss };
  }

  async receive(): Promise<SaidBySource> {
    const { answer, ownTokens, keepsOwn, way } = this.#plan;
    const feed = this.#feed;
    let said: SaidBySource = { tokens: [], finished: false };
    if (feed === undefined) return said;
    await this.#orAlone(async () => {
      const from = way === 'ids' ? NOTHING_LACKING : 0; // only the source's own tokens are wanted then
      const opened = await feed.open({ answer, ownTokens, keepsOwn, includesCache: way === 'cache', from });
      this.#tally.opened(opened);
      if (opened.ownTokens.length > 0) {
        await this.#giveOwn(opened.ownTokens);
        said = { tokens: opened.ownTokens, finished: opened.finished };
      }
      if (way !== 'ids' && !said.finished) await this.#takeBlocks(feed);
    });
    return said;
  }

  async follow(answer: readonly number[], tokens: readonly number[]): Promise<void> {
    const feed = this.#feed;
    if (this.way !== 'features' || feed === undefined) return;
    const base = answer.length - tokens.length;
    await this.#orAlone(async () => {
      const state = await feed.step(base, tokens).catch(error => this.#openAgain(feed, { answer, base }, error));
      if (state === undefined) return;
      this.#tally.stepped(state, this.#plan.wireFormat);
      await this.#parts.engine.writeState(this.#plan.engineSession, state, this.#parts.signal);
    });
  }

  async refill(answer: readonly number[], from: number, error: AiflowError): Promise<void> {
    const feed = this.#feed;
    this.#refills += 1;
    if (feed === undefined || this.#refills > MAX_REFILLS) throw this.#stuck(error);
    try {
      await feed.open({ answer, ownTokens: 0, includesCache: this.way === 'cache', from });
      await this.#takeBlocks(feed);
    } catch (cause) {
      throw this.#stuck(AiflowError.from(cause));
    }
  }

  async #giveOwn(tokens: readonly number[]): Promise<void> {
    const { engine, signal } = this.#parts;
    const { engineSession: session, exit, answer } = this.#plan;
    await engine.draft({ session, exit, base: answer.length, given: tokens, count: 0 }, signal);
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

  /** A source that was started anew, or had too many sessions, makes the rows again from prompt and answer. */
  async #openAgain(
    feed: FeatureFeed,
    { answer, base }: { readonly answer: readonly number[]; readonly base: number },
    error: unknown,
  ): Promise<undefined> {
    this.#refills += 1;
    const isForgotten = AiflowError.is(error) && error.code === 'not-found';
    if (!isForgotten || this.#refills > MAX_REFILLS) throw error;
    await feed.open({ answer, ownTokens: 0, includesCache: false, from: this.#plan.prompt.length + base });
    await this.#takeBlocks(feed);
    return undefined;
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
      this.way = 'ids';
      this.#tally.note(`${error.hop}: ${error.message}; went on from token ids, computing every layer here`);
    }
  }

  /** A3: neither rows nor the layers that make them. */
  #stuck(error: AiflowError): AiflowError {
    return stuck(error, this.#parts.feed?.source.address.node ?? 'the source', this.place);
  }

  #hop(): string {
    const { node, feed } = this.#parts;
    return feed === undefined ? node : `${node} -> ${feed.source.address.node}/${feed.source.address.actor}`;
  }
}
