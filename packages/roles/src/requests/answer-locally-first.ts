// SPDX-License-Identifier: Apache-2.0
//
// Whoever else is to take part in an answer may be gone, silent or late. This node's own exits are not: they begin by
// themselves when it is time to, so that a text stands at the deadline.
//
//   together -> its end                                    the usual way
//   together -> together beside own -> one of both         nothing was said, or nothing judged, at half the time
//   together -> failed -> own                              whoever was needed is not there
//
// L1  What the others' way brings to its end is the answer. This node's own stands in only for one that failed, or that
//     is not whole at the deadline while this node's own is.
// L2  Words that this node had to say without the wanted exit are never called committed: they may be revised.
// L3  A question that can't be answered by anybody fails at once, with the error of the first way.
// L4  Once own words were shown in place of nothing, those of the others are shown only where they are more.
import type { AiflowError, Revision } from '@aiflow/protocol';
import type { Timer } from '@aiflow/time';
import { type AnswerRun, localExitOf, nothingSaid, summarize } from '../answer-run.ts';
import type { AnswerSummary, AskItem } from '../ask-contract.ts';
import { type AskRequest, DEFAULT_DEADLINE_MS, type DraftedAnswer } from '../ask-request.ts';
import type { Asked } from '../asked.ts';
import { wishes } from '../exit-policy.ts';
import { type AnswerBranch, startBranch } from './answer-branch.ts';

/** An answer that does not wait for others beyond what they are worth. */
export interface LocalFirstAnswer {
  /** Its items, for one reader; the work ends when the reader leaves. */
  items(): AsyncGenerator<AskItem, void>;
  /** What stands, as token ids and the exit that had the last word over all of them. */
  draft(): DraftedAnswer;
  /** How it stands; undefined before it began. */
  standing(): AnswerSummary | undefined;
}

/** Whether this node's own exits may stand in for whom `request` asks for. */
export function mayStandIn({ tiers, exitPolicy }: AskRequest): boolean {
  return tiers !== 'local' && !wishes(exitPolicy ?? {});
}

/** Answers `request`; this node's own words beside the others' as late as `isPatient` allows: only where nothing was said. */
export function answerLocallyFirst(
  asked: Asked,
  request: AskRequest,
  { isPatient }: { readonly isPatient: boolean },
): LocalFirstAnswer {
  return new TwoWays(asked, request, isPatient);
}

/** Of an answer, before it is known. */
const USUAL_TOKENS = 48;
const OWN_ROOM = 1.25;
const OF_THE_QUESTION: readonly string[] = ['invalid-argument', 'out-of-range', 'cancelled'];

class TwoWays implements LocalFirstAnswer {
  readonly #asked: Asked;
  readonly #request: AskRequest;
  readonly #isPatient: boolean;
  readonly #beganMs: number;
  #together: AnswerBranch;
  #own: AnswerBranch | undefined;
  /** The way whose words were shown last. */
  #shownWay: AnswerBranch | undefined;
  #shown: Revision | undefined;
  #seen: Revision | undefined;
  #seenOwn: Revision | undefined;
  #firstRevisionMs: number | undefined;
  #isHalfTime = false;
  #isTold = false;
  #wake = (): void => undefined;
  #isNews = true;

  constructor(asked: Asked, request: AskRequest, isPatient: boolean) {
    this.#asked = asked;
    this.#request = request;
    this.#isPatient = isPatient;
    this.#beganMs = asked.context.clock.nowMs();
    this.#together = startBranch(asked, request, () => this.#note());
  }

  draft(): DraftedAnswer {
    const way = this.#shownWay ?? this.#together;
    const tokens = way.run?.standing.tokens() ?? [];
    const summary = way.summary ?? way.run?.standing.summary();
    const own = this.#asked.collaborators.engine.exits;
    const shallowest = own[0] ?? 0;
    const exit = summary?.outcome === 'complete' ? (summary.references.at(-1)?.exit ?? shallowest) : shallowest;
    return { exit, tokens: [...tokens] };
  }

  standing(): AnswerSummary | undefined {
    const { run } = this.#together;
    return run === undefined ? undefined : (run.standing.summary() ?? summarize(run, nothingSaid(run)));
  }

  async *items(): AsyncGenerator<AskItem, void> {
    const half = this.#setHalfTime();
    try {
      for (;;) {
        yield* this.#show();
        const end = this.#end();
        if (end !== undefined) return yield* end;
        if (this.#isHalfTime && this.#isOwnWanted()) this.#begin();
        await this.#news();
      }
    } finally {
      half.cancel();
      this.#together.stop();
      this.#own?.stop();
    }
  }

  #setHalfTime(): Timer {
    const { clock } = this.#asked.context;
    const deadlineMs = Math.min(this.#request.deadlineMs ?? DEFAULT_DEADLINE_MS, this.#asked.context.remainingMs());
    return clock.setTimer(Math.max(deadlineMs / 4, Math.min(deadlineMs / 2, deadlineMs - this.#ownMs())), () => {
      this.#isHalfTime = true;
      this.#note();
    });
  }

  /** What this node's own answer takes, about; 0 where that is not known. */
  #ownMs(): number {
    const { ownCosts, engine } = this.#asked.collaborators;
    const { exits = [], load = 1 } = ownCosts?.() ?? {};
    const stepMs = exits.find(({ exit }) => exit === engine.exits.at(-1))?.stepMs ?? 0;
    return OWN_ROOM * stepMs * Math.max(1, load) * Math.min(USUAL_TOKENS, this.#request.maxTokens ?? USUAL_TOKENS);
  }

  #note(): void {
    this.#isNews = true;
    this.#wake();
  }

  async #news(): Promise<void> {
    if (!this.#isNews) {
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    this.#isNews = false;
  }

  /** Nobody but this node has said a word that counts. */
  #isOwnWanted(): boolean {
    const { run, newest, summary, error } = this.#together;
    if (this.#own !== undefined || summary !== undefined || error !== undefined) return false;
    if (run === undefined || run.choice.mode === 'local') return false;
    if (newest === undefined) return true;
    const isJudged = (run.standing.summary()?.committed ?? 0) > 0;
    return !this.#isPatient && !isJudged && localExitOf(run) > newest.exit;
  }

  #begin(): void {
    if (this.#own !== undefined) return;
    const { exit: _exit, revisionsUntilMs: _until, audit: _audit, ...rest } = this.#request;
    const { deadlineMs = DEFAULT_DEADLINE_MS, revisionsUntilMs = 0 } = this.#request;
    const passedMs = this.#asked.context.clock.nowMs() - this.#beganMs;
    const leftMs = deadlineMs > passedMs ? deadlineMs - passedMs : Math.max(0, revisionsUntilMs - passedMs);
    this.#own = startBranch(this.#asked, { ...rest, tiers: 'local', deadlineMs: leftMs }, () => this.#note());
  }

  *#show(): Generator<AskItem, void> {
    const { newest, provisional, error } = this.#together;
    if (newest !== undefined && newest !== this.#seen) {
      this.#seen = newest;
      if (this.#isMore(newest)) yield this.#showing(this.#together, this.#marked(newest)); // L4
    }
    const own = this.#own?.newest;
    if (this.#own !== undefined && own !== undefined && own !== this.#seenOwn) {
      this.#seenOwn = own;
      const isAlone = this.#seen === undefined || error !== undefined;
      if (isAlone) yield this.#showing(this.#own, unmarked(own, false));
    }
    if (provisional === undefined || this.#isTold) return;
    this.#isTold = true;
    if (this.#isOwnWhole() && this.#settled() === 0) yield* this.#standIn({ outcome: 'deadline', provisional: true });
    else yield { kind: 'summary', summary: this.#corrected(provisional) };
  }

  #isMore({ committed, exit }: Revision): boolean {
    const isOwnShown = this.#own !== undefined && this.#shownWay === this.#own;
    return !isOwnShown || committed > 0 || exit > (this.#shown?.exit ?? 0);
  }

  /** Undefined while the answer goes on. L1, L3. */
  #end(): Generator<AskItem, void> | undefined {
    const { summary, error } = this.#together;
    if (summary !== undefined) {
      const isWhole = summary.outcome === 'complete' || summary.outcome === 'far';
      return !isWhole && this.#isOwnWhole() && this.#settled() === 0 ? this.#standIn({}) : this.#finish(summary);
    }
    if (error === undefined) return undefined;
    if (OF_THE_QUESTION.includes(error.code) || this.#own?.error !== undefined) throw error;
    this.#begin();
    return this.#own?.summary === undefined ? undefined : this.#standIn({}, error);
  }

  *#finish(summary: AnswerSummary): Generator<AskItem, void> {
    yield { kind: 'summary', summary: this.#corrected(summary) };
  }

  #isOwnWhole(): boolean {
    return this.#own?.summary?.outcome === 'complete';
  }

  /** This node's own words as the answer. */
  *#standIn(
    change: { readonly outcome?: 'deadline'; readonly provisional?: true },
    error?: AiflowError,
  ): Generator<AskItem, void> {
    const own = this.#own;
    if (own?.summary === undefined) return;
    if (own.newest !== undefined) yield this.#showing(own, unmarked(own.newest, change.provisional !== true));
    const { exit } = this.#request;
    const others = this.#together.summary ?? this.#together.provisional;
    const why = error === undefined ? (others?.reasons ?? []) : [`${error.hop ?? 'others'}: ${error.message}`];
    const summary: AnswerSummary = {
      ...own.summary,
      ...(exit === undefined ? {} : { exit }),
      ...{ exact: false, committed: 0, reasons: [...own.summary.reasons, ...why], ...change },
      ...(others === undefined ? {} : { links: others.links }),
      durationMs: this.#asked.context.clock.nowMs() - this.#beganMs,
    };
    yield { kind: 'summary', summary: this.#named(summary) };
  }

  #showing(way: AnswerBranch, revision: Revision): AskItem {
    this.#shownWay = way;
    const sequence = Math.max((this.#shown?.sequence ?? 0) + 1, revision.sequence);
    this.#firstRevisionMs ??= revision.ageMs;
    const session = this.#shown?.session ?? revision.session;
    const ageMs = this.#asked.context.clock.nowMs() - this.#beganMs;
    this.#shown = { ...revision, session, sequence, ageMs: Math.max(revision.ageMs, ageMs) };
    return { kind: 'revision', revision: this.#shown };
  }

  #named(summary: AnswerSummary): AnswerSummary {
    const session = this.#shown?.session ?? summary.session;
    const first = this.#firstRevisionMs;
    return { ...summary, session, ...(first === undefined ? {} : { firstRevisionMs: first }) };
  }

  #settled(): number {
    return settledTokens(this.#together.run);
  }

  /** L2. What others stood in for is not told apart where nothing follows the answer. */
  #marked(revision: Revision): Revision {
    const { run } = this.#together;
    if (this.#isPatient || run === undefined) return revision;
    const settled = settledTokens(run);
    if (settled >= revision.committed) return revision;
    const { textModel } = this.#asked.collaborators;
    const text = textModel.decode(run.standing.tokens().slice(0, settled), false);
    return { ...revision, committed: settled, committedBytes: Buffer.byteLength(text) };
  }

  #corrected(summary: AnswerSummary): AnswerSummary {
    if (this.#shownWay === this.#own && this.#own !== undefined) return this.#named(summary);
    if (this.#isPatient) return this.#named(summary);
    return this.#named({ ...summary, committed: Math.min(summary.committed, settledIn(summary)) });
  }
}

/** Nobody deeper has seen them. */
function unmarked(revision: Revision, mayBeWhole: boolean): Revision {
  return {
    ...revision,
    ...{ committed: 0, committedBytes: 0, edgeBytes: 0 },
    finished: mayBeWhole && revision.finished,
  };
}

/** Leading tokens over which nobody but the wanted exit had the last word. */
function settledTokens(run: AnswerRun | undefined): number {
  const summary = run?.standing.summary();
  return summary === undefined ? 0 : Math.min(summary.committed, settledIn(summary));
}

/** The first token that another exit than the wanted one had the last word on; Infinity where there is none. */
export function settledIn({ references, exit }: AnswerSummary): number {
  return references.find(reference => reference.exit !== exit)?.from ?? Number.POSITIVE_INFINITY;
}
