// SPDX-License-Identifier: Apache-2.0
//
// Works off the jobs of finish-job.ts, a few at a time, oldest first.
//
//   waiting -> answering -> done
//   waiting -> answering -> waiting, when it came to nothing: after a pause that doubles
//
// W1  What this node could not do better than the sender did is not begun: it waits until a deeper exit is there.
// W2  A job older than `maxAgeMs` ends with the word that nobody could finish it. That is the last of it here.
// W3  A job that a newer epoch replaced while it was answered is ended by that answer: it is the same question (F1).
// W4  Nothing here is lost by stopping at any point: jobs are in the store until F3.
import { type Logger, SILENT_LOGGER } from '@aiflow/actor';
import type { Change, DurableStore, ItemHandler } from '@aiflow/outbox';
import { AiflowError, answerFinishedPayload, type Revision, type Tier, type TraceContext } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';
import type { AskRequest } from '../ask-request.ts';
import { FINISHED_KIND } from '../requests/finish-item.ts';
import type { Unfinished } from '../requests/revision-handler.ts';
import type { AnswerPort, FinishedAnswer } from './answer-port.ts';
import { DONE_TABLE, decodeDone, decodeJob, encodeDone, type FinishJob, JOB_TABLE } from './finish-job.ts';
import { createJobHandler } from './job-handler.ts';

/** What a finisher works with; all stay the caller's. */
export interface FinisherCollaborators {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly logger?: Logger;
  readonly tier: Tier;
  readonly family: string;
  readonly modelHash: string;
  /** Asks this node's own answerer, and reads to the end. */
  readonly answer: AnswerPort;
  /** The deepest exit of the family that this node holds or reaches now. */
  readonly reach: () => number;
}

/** Limits of a finisher. */
export interface FinisherOptions {
  /** Answers made at once. Default 2. */
  readonly concurrency?: number;
  /** Jobs that may wait. Default 1 024. */
  readonly maxJobs?: number;
  /** How long one may take. Default 120 000. */
  readonly deadlineMs?: number;
  /** Since the sender put it in. Default one hour. */
  readonly maxAgeMs?: number;
  /** Pause before what came to nothing is tried again, doubled each time up to a minute. Default 1 000. */
  readonly retryMs?: number;
}

/** Finishes answers that other nodes gave alone, until it is disposed of. */
export interface Finisher extends AsyncDisposable {
  /** For the node's inbox. */
  readonly handler: ItemHandler;
  /** Jobs that wait or are worked on. */
  readonly jobs: number;
  /** Looks at once whether there is something to be done: call it when the directory has changed. */
  wake(): void;
}

const DEFAULTS = { concurrency: 2, maxJobs: 1024, deadlineMs: 120_000, maxAgeMs: 3_600_000, retryMs: 1000 };
const MAX_RETRY_MS = 60_000;
const MAX_DONE = 2048;
const DONE_AGE_MS = 2 * 86_400_000;

/** Begins with the jobs that are in the store. */
export function createFinisher(collaborators: FinisherCollaborators, options: FinisherOptions = {}): Finisher {
  return new JobWorker(collaborators, { ...DEFAULTS, ...options });
}

interface Pause {
  readonly untilMs: number;
  readonly lastMs: number;
}

class JobWorker implements Finisher {
  readonly handler: ItemHandler;
  readonly #collaborators: FinisherCollaborators;
  readonly #options: Required<FinisherOptions>;
  readonly #stop = new AbortController();
  readonly #working = new Map<string, Promise<void>>();
  readonly #pauses = new Map<string, Pause>();
  readonly #forget: () => void;
  readonly #ticking: Promise<void>;

  constructor(collaborators: FinisherCollaborators, options: Required<FinisherOptions>) {
    const { store, clock, family, modelHash } = collaborators;
    this.#collaborators = collaborators;
    this.#options = options;
    this.handler = createJobHandler({ store, clock, family, modelHash, maxJobs: options.maxJobs });
    this.#forget = store.onCommit(() => this.wake());
    this.#ticking = this.#tick().catch(() => undefined);
  }

  get #logger(): Logger {
    return this.#collaborators.logger ?? SILENT_LOGGER;
  }

  get jobs(): number {
    return this.#collaborators.store.records(JOB_TABLE).size;
  }

  /** Never throws: commits, timers and the end of other work call it. */
  wake(): void {
    if (this.#stop.signal.aborted || this.#working.size >= this.#options.concurrency) return;
    try {
      this.#begin();
    } catch (cause) {
      const { code, message } = AiflowError.from(cause);
      this.#logger.warn('answers that others gave alone are not looked at', { code, message });
    }
  }

  #begin(): void {
    for (const job of this.#due()) {
      if (this.#working.size >= this.#options.concurrency) return;
      const work = this.#work(job).finally(() => {
        this.#working.delete(job.key);
        this.wake();
      });
      this.#working.set(job.key, work);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#forget();
    this.#stop.abort(new AiflowError('cancelled', 'the node stops'));
    await Promise.all([this.#ticking, ...this.#working.values()]);
  }

  /** Reach and pauses change without a commit. */
  async #tick(): Promise<void> {
    for (;;) {
      this.wake();
      await sleep(this.#collaborators.clock, this.#options.retryMs, this.#stop.signal);
    }
  }

  /** Those to begin with now, oldest first. */
  #due(): readonly FinishJob[] {
    const { store, clock, reach } = this.#collaborators;
    const records = store.records(JOB_TABLE);
    for (const key of this.#pauses.keys()) if (!records.has(key)) this.#pauses.delete(key);
    if (records.size === this.#working.size) return [];
    const nowMs = clock.nowMs();
    const deepest = reach();
    const jobs = [...records].flatMap(([key, bytes]) => decodeJob(key, bytes) ?? []);
    return jobs
      .filter(job => !this.#working.has(job.key) && (this.#pauses.get(job.key)?.untilMs ?? 0) <= nowMs)
      .filter(job => this.#isOld(job) || deepest > job.order.draftExit) // W1
      .sort((one, other) => one.receivedMs - other.receivedMs);
  }

  #isOld({ receivedMs }: FinishJob): boolean {
    return this.#collaborators.clock.wallMs() - receivedMs > this.#options.maxAgeMs;
  }

  async #work(job: FinishJob): Promise<void> {
    try {
      if (this.#isOld(job)) return await this.#end(job, this.#unfinished(job)); // W2
      const { signal } = this.#stop;
      const finished = await this.#collaborators.answer(this.#requestOf(job), signal, traceOf(job));
      checkBetter(job, finished);
      await this.#end(job, finished);
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#pause(job, AiflowError.from(error));
    }
  }

  #requestOf({ order }: FinishJob): AskRequest {
    const { question, exit, maxTokens, sampling, drafted, draftExit } = order;
    const deepest = this.#collaborators.reach();
    return {
      ...{ question, maxTokens, deadlineMs: this.#options.deadlineMs },
      ...(exit === 0 ? {} : { exit: Math.min(exit, deepest) }),
      ...(sampling === undefined ? {} : { sampling }),
      ...(drafted.length === 0 ? {} : { drafted: { exit: Math.max(1, draftExit), tokens: drafted } }),
    };
  }

  /** F3, W3. */
  async #end({ key, traceParent }: FinishJob, answer: Sent): Promise<void> {
    const { store, clock } = this.#collaborators;
    const bytes = store.records(JOB_TABLE).get(key);
    const order = bytes === undefined ? undefined : decodeJob(key, bytes)?.order;
    if (order === undefined) return;
    const { request, epoch, replyTo } = order;
    const payload = answerFinishedPayload.encode({ request, epoch, ...answer });
    const traced = traceParent === undefined ? {} : { traceParent };
    await store.commit([
      { kind: 'delete', table: JOB_TABLE, key },
      { kind: 'put', item: { to: { node: replyTo }, kind: FINISHED_KIND, priority: 'normal', payload, ...traced } },
      ...this.#forgetDone(),
      { kind: 'set', table: DONE_TABLE, key, value: encodeDone({ epoch, doneMs: clock.wallMs() }) },
    ]);
  }

  #unfinished({ order }: FinishJob): Sent {
    const { tier, modelHash, reach } = this.#collaborators;
    const unfinished = `the deepest exit within reach was ${reach()}, and ${order.draftExit} had spoken already`;
    return { revision: nothingOf(order.request, tier, modelHash), summary: { unfinished } };
  }

  #forgetDone(): readonly Change[] {
    const { store, clock } = this.#collaborators;
    const nowMs = clock.wallMs();
    const done = [...store.records(DONE_TABLE)]
      .map(([key, bytes]) => ({ key, doneMs: decodeDone(bytes)?.doneMs ?? 0 }))
      .sort((one, other) => one.doneMs - other.doneMs);
    const surplus = Math.max(0, done.length + 1 - MAX_DONE);
    return done
      .filter(({ doneMs }, at) => at < surplus || nowMs - doneMs > DONE_AGE_MS)
      .map(({ key }) => ({ kind: 'delete', table: DONE_TABLE, key }));
  }

  #pause({ key, order }: FinishJob, { code, message }: AiflowError): void {
    const { clock } = this.#collaborators;
    const known = this.#pauses.get(key)?.lastMs;
    const before = known ?? this.#options.retryMs / 2;
    const lastMs = Math.min(MAX_RETRY_MS, 2 * before);
    this.#pauses.set(key, { untilMs: clock.nowMs() + lastMs, lastMs });
    const facts = { request: order.request, code, message };
    if (known === undefined) this.#logger.warn('an answer can not be finished yet and is tried again', facts);
    else this.#logger.debug('an answer could not be finished yet', facts);
  }
}

/** The answer belongs to the trace of the question, however long ago that was asked. */
function traceOf({ traceParent }: FinishJob): TraceContext | undefined {
  return traceParent === undefined ? undefined : { traceparent: traceParent, tracestate: '' };
}

/** What goes home. */
interface Sent {
  readonly revision: Revision;
  readonly summary: FinishedAnswer['summary'] | Unfinished;
}

/** Throws where the answer is not whole, or not deeper than what the sender had. */
function checkBetter({ order }: FinishJob, { summary }: FinishedAnswer): void {
  const shallowest = Math.min(...summary.references.map(({ exit }) => exit));
  const isFar = summary.outcome === 'far';
  if (isFar || (summary.outcome === 'complete' && shallowest > order.draftExit)) return;
  throw new AiflowError(
    'unavailable',
    `it ended as ${summary.outcome} with exit ${shallowest} where exit ${order.draftExit} had spoken already`,
  );
}

function nothingOf(session: string, tier: Tier, modelHash: string): Revision {
  const marks = { committed: 0, committedBytes: 0, edgeBytes: 0, finished: false };
  return { session, sequence: 1, tier, exit: 0, modelHash, confidence: 0, ageMs: 0, text: '', ...marks };
}
