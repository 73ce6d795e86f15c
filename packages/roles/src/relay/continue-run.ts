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
import type { DraftResult } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import type { ContinueItem, RelaySummary } from './continue-contract.ts';
import type { ContinueParts, ContinuePlan } from './continue-plan.ts';
import { createRelayTally, type RelayTally } from './continue-tally.ts';
import { lackingFrom, outOfTime } from './relay-faults.ts';
import { createRowSupply, type RowSupply } from './row-supply.ts';

/** Tokens asked of the engine at once where nobody is waited for. */
const TOKENS_AT_ONCE = 8;

/** Says the rest of an answer; the summary comes last. */
export function continueRun(parts: ContinueParts, plan: ContinuePlan): AsyncGenerator<ContinueItem, void> {
  return new ContinueRun(parts, plan).items();
}

class ContinueRun {
  readonly #parts: ContinueParts;
  readonly #plan: ContinuePlan;
  readonly #tally: RelayTally;
  readonly #supply: RowSupply;
  readonly #tokens: number[] = [];
  #standing: readonly number[];
  #own = 0;
  #finished = false;

  constructor(parts: ContinueParts, plan: ContinuePlan) {
    this.#parts = parts;
    this.#plan = plan;
    this.#tally = createRelayTally(parts.clock);
    this.#supply = createRowSupply(parts, plan, this.#tally);
    this.#standing = plan.answer;
  }

  async *items(): AsyncGenerator<ContinueItem, void> {
    const { engine, textModel } = this.#parts;
    const { engineSession } = this.#plan;
    try {
      await this.#receive();
      while (!this.#finished && this.#tokens.length < this.#plan.maxTokens) {
        const tokens = await this.#say();
        yield { kind: 'tokens', tokens, text: textModel.decode(this.#answer(), false) };
        if (!this.#isOver()) await this.#supply.follow(this.#answer(), tokens);
      }
      yield { kind: 'summary', summary: this.#summarize() };
    } finally {
      this.#parts.feed?.leave(); // not read to its end where the source's own exit ended the answer
      await engine.close(engineSession);
    }
  }

  async #receive(): Promise<void> {
    const { engine, signal } = this.#parts;
    const { engineSession: session, prompt, answer, sampling } = this.#plan;
    const plain = { session, prompt, answer };
    await engine.open(sampling === undefined ? plain : { ...plain, sampling }, signal);
    const said = await this.#supply.receive();
    this.#standing = [...answer, ...said.tokens];
    this.#own = said.tokens.length;
    this.#finished = said.finished;
  }

  async #say(): Promise<readonly number[]> {
    this.#checkTime();
    const left = this.#plan.maxTokens - this.#tokens.length;
    const isFirst = this.#tokens.length === 0; // by itself in every way, as it is timed and somebody waits for it
    const drafted = await this.#draft(isFirst || this.#supply.way === 'features' ? 1 : Math.min(TOKENS_AT_ONCE, left));
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
      await this.#supply.refill(this.#answer(), lacking, AiflowError.from(error));
      return this.#draft(count);
    }
  }

  #checkTime(): void {
    if (this.#parts.remainingMs() > 0) return;
    throw outOfTime(this.#parts.allowedMs, this.#tokens.length, this.#supply.place);
  }

  #isOver(): boolean {
    return this.#finished || this.#tokens.length >= this.#plan.maxTokens;
  }

  #answer(): readonly number[] {
    return [...this.#standing, ...this.#tokens];
  }

  #summarize(): RelaySummary {
    const { engine, textModel, feed, link } = this.#parts;
    const { session, wireFormat, exit, prompt } = this.#plan;
    const source = feed === undefined ? undefined : feed.source;
    return {
      ...{ session, wireFormat, exit, link, way: this.#supply.way, computeFormat: engine.format },
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
