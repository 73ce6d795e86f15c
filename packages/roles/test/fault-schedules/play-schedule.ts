// SPDX-License-Identifier: Apache-2.0
import {
  createEngineDrafter,
  fixedDraftLength,
  runSession,
  type SessionOptions,
  type SessionResult,
  type TierCandidates,
  type Verifier,
} from '@aiflow/decode';
import { AiflowError, type Sampling } from '@aiflow/protocol';
import { type AnswerSummary, askAnswer } from '../../src/index.ts';
import { createTrafficCounter } from '../../src/link-traffic.ts';
import { createRemoteVerifier } from '../../src/remote-verifier.ts';
import { heardPrompt } from './faulty-engine.ts';
import { type FaultyFleet, faultOf, numberText, startFaultyFleet } from './faulty-fleet.ts';
import type { FaultKind, Schedule } from './schedule.ts';
import { scheduleFaults } from './schedule-faults.ts';

/** One state of an answer, tokens without the end token where only the text is known. */
export interface SeenRevision {
  readonly tokens: readonly number[];
  readonly committed: number;
  readonly sequence: number;
}

/** A provisional summary, with what was shown before it. */
export interface SeenDeadline {
  readonly atMs: number;
  readonly committed: number;
  readonly shownCommitted: number;
}

/** What came of one session. */
export interface PlayedSession {
  readonly prompt: readonly number[];
  readonly revisions: readonly SeenRevision[];
  readonly deadlines: readonly SeenDeadline[];
  readonly result:
    | Pick<SessionResult, 'tokens' | 'committed' | 'outcome' | 'exact' | 'references' | 'reasons' | 'endedByItself'>
    | undefined;
  readonly error: AiflowError | undefined;
  /** Undefined: it never ended. */
  readonly durationMs: number | undefined;
  /** Most blocks under way to one verifier, where the session was driven alone. */
  readonly peakInFlight: number;
}

/** One run, ended and cooled down: every fault is over and every timer has fired. */
export interface Played {
  readonly schedule: Schedule;
  readonly fleet: FaultyFleet;
  readonly sessions: readonly PlayedSession[];
  readonly hits: ReadonlyMap<FaultKind, number>;
}

/** Puts something broken in the place of a part, to see whether it is noticed. */
export interface Tampering {
  readonly verifier?: (verifier: Verifier) => Verifier;
  readonly options?: (options: SessionOptions) => SessionOptions;
  readonly fleet?: (fleet: FaultyFleet) => void;
}

/** Plays a schedule to its end, which no fault may keep from coming. */
export async function playSchedule(schedule: Schedule, tampering: Tampering = {}): Promise<Played> {
  const fleet = await startFaultyFleet(schedule);
  tampering.fleet?.(fleet);
  const slots: PlayedSession[] = [];
  const leaves = new AbortController();
  let hitsAtEnd = new Map<FaultKind, number>();
  let open = schedule.sessions;
  const note = (at: number, played: PlayedSession): void => {
    slots[at] = played;
    open -= 1;
    if (open === 0) hitsAtEnd = new Map(fleet.links.hits); // what comes later met nothing
  };
  scheduleFaults(schedule, { fleet, seed: schedule.seed, leaves, isOver: () => open === 0 });
  for (let at = 0; at < schedule.sessions; at++) {
    slots[at] = unended(promptOf(schedule, at));
    const drive = schedule.driver === 'answerer' ? driveAnswerer : driveSession;
    void drive({ fleet, schedule, tampering, at, signal: leaves.signal }).then(played => note(at, played));
  }
  await fleet.clock.runUntilIdle(600_000);
  const { loss, duplicate, reorder } = fleet.linkHits();
  for (const [kind, count] of Object.entries({ loss, duplicate, reorder })) {
    if (schedule.faults.some(fault => fault.kind === kind) && count > 0) hitsAtEnd.set(kind as FaultKind, count);
  }
  return { schedule, fleet, sessions: slots, hits: hitsAtEnd };
}

interface Driving {
  readonly fleet: FaultyFleet;
  readonly schedule: Schedule;
  readonly tampering: Tampering;
  readonly at: number;
  readonly signal: AbortSignal;
}

function questionOf({ seed }: Schedule, at: number): string {
  return `q${seed}.${at}`;
}

function promptOf(schedule: Schedule, at: number): readonly number[] {
  return numberText.encodeQuestion(questionOf(schedule, at));
}

function samplingOf({ samplingSeed }: Schedule): { readonly sampling?: Sampling } {
  return samplingSeed === undefined ? {} : { sampling: { temperature: 0.8, seed: samplingSeed } };
}

function unended(prompt: readonly number[]): PlayedSession {
  return {
    prompt,
    revisions: [],
    deadlines: [],
    result: undefined,
    error: undefined,
    durationMs: undefined,
    peakInFlight: 0,
  };
}

async function driveSession({ fleet, schedule, tampering, at, signal }: Driving): Promise<PlayedSession> {
  const prompt = promptOf(schedule, at);
  const device = fleet.nodes.get('device-1')!;
  const peak = { value: 0 };
  const revisions: SeenRevision[] = [];
  const subject = { session: `s${at}`, prompt, ...samplingOf(schedule) };
  const change = tampering.verifier ?? (verifier => verifier);
  const parts = {
    ...{ caller: device.system, farewell: device.system, owner: device.engine },
    ...{ subject, maxTokens: schedule.maxTokens, traffic: createTrafficCounter() },
  };
  const tierOf = (tier: 'edge' | 'cloud', exit: number): TierCandidates => ({
    ...{ tier, exit },
    candidates: fleet.entries
      .filter(entry => entry.tier === tier)
      .map(({ address }) => watch(change(createRemoteVerifier(parts, { address, tier, exit, format: 'fp32' })), peak)),
  });
  const tiers = schedule.tiers === 'three' ? [tierOf('edge', 3), tierOf('cloud', 4)] : [tierOf('cloud', 4)];
  const drafter = createEngineDrafter(
    device.engine,
    { ...subject, session: `own/s${at}` },
    { node: 'device-1', tier: 'device' },
  );
  const { maxTokens, maxAhead, maxBlockTokens, window, pull, deadlineMs, draftTokens } = schedule;
  const options: SessionOptions = {
    ...{ maxTokens, maxAhead, maxBlockTokens, window, pull, deadlineMs, signal, referenceExit: 4 },
    draftLength: fixedDraftLength(draftTokens),
    onRevision: revision => revisions.push(revision),
  };
  const beganMs = fleet.clock.nowMs();
  const ended = await settle(
    runSession({ drafter, tiers, clock: device.clock }, tampering.options?.(options) ?? options),
  );
  const durationMs = fleet.clock.nowMs() - beganMs;
  return { prompt: heard(schedule, prompt), revisions, deadlines: [], ...ended, durationMs, peakInFlight: peak.value };
}

async function driveAnswerer({ fleet, schedule, at, signal }: Driving): Promise<PlayedSession> {
  const question = questionOf(schedule, at);
  const { deadlineMs, dueMs, maxTokens, tiers } = schedule;
  const revisions: SeenRevision[] = [];
  const deadlines: SeenDeadline[] = [];
  let summary: AnswerSummary | undefined;
  const beganMs = fleet.clock.nowMs();
  const times = dueMs === undefined ? { deadlineMs } : { deadlineMs: dueMs, revisionsUntilMs: deadlineMs };
  const request = { question, ...times, maxTokens, tiers, ...samplingOf(schedule) };
  const work = async (): Promise<SessionResult | undefined> => {
    const to = { node: 'device-1', actor: 'answerer' };
    for await (const item of fleet.client.stream(to, askAnswer, request, { timeoutMs: deadlineMs + 1000, signal })) {
      if (item.kind === 'summary' && item.summary.provisional === true) {
        const shownCommitted = revisions.at(-1)?.committed ?? 0;
        deadlines.push({ atMs: fleet.clock.nowMs() - beganMs, committed: item.summary.committed, shownCommitted });
      } else if (item.kind === 'summary') summary = item.summary;
      else if (item.kind === 'revision') {
        const { text, committed, sequence } = item.revision;
        revisions.push({ tokens: tokensOf(text), committed, sequence });
      }
    }
    return summary === undefined ? undefined : resultOf(summary, revisions.at(-1));
  };
  const ended = await settle(work());
  const prompt = heard(schedule, numberText.encodeQuestion(question));
  return { prompt, revisions, deadlines, ...ended, durationMs: fleet.clock.nowMs() - beganMs, peakInFlight: 0 };
}

/** The text leaves the end token out; the summary tells whether it was there. */
function resultOf(summary: AnswerSummary, last: SeenRevision | undefined): SessionResult {
  const shown = last?.tokens ?? [];
  const isCut = summary.answerTokens > shown.length;
  const tokens = isCut ? [...shown, 0] : shown;
  return { ...summary, outcome: summary.outcome as SessionResult['outcome'], tokens, judged: tokens.length };
}

function tokensOf(text: string): readonly number[] {
  return text === '' ? [] : text.split(' ').map(Number);
}

function heard({ samplingSeed }: Schedule, prompt: readonly number[]): readonly number[] {
  return heardPrompt(prompt, samplingSeed);
}

async function settle<T>(work: Promise<T>): Promise<{ result: T | undefined; error: AiflowError | undefined }> {
  return work.then(
    result => ({ result, error: undefined }),
    error => ({ result: undefined, error: AiflowError.from(error) }),
  );
}

function watch(verifier: Verifier, peak: { value: number }): Verifier {
  let underWay = 0;
  return {
    ...verifier,
    verify: (block, signal) => {
      underWay += 1;
      peak.value = Math.max(peak.value, underWay);
      let isOver = false;
      const leave = (): void => {
        if (!isOver) underWay -= 1;
        isOver = true;
      };
      signal.addEventListener('abort', leave, { once: true });
      return verifier.verify(block, signal).finally(leave);
    },
  };
}

/** Whether a schedule's drafter may have said anything. */
export function hasLyingDrafter({ faults }: Schedule): boolean {
  return faultOf(faults, 'lying-drafter') !== undefined;
}
