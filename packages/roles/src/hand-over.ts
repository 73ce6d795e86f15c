// SPDX-License-Identifier: Apache-2.0
//
// Another node answers the whole question; its revisions are passed on as they come.
//
// H1  What the asker was told is committed never changes and never shrinks. Where this node would go on by itself after a
//     failure, nothing counts as committed before the end, as another node may have to begin anew; where only equals can
//     stand in, what one of them repeats is held back until it has said as much.
// H2  Sequence numbers go on, whoever begins anew.
// H3  At the deadline the newest state stands as the answer, with the marks it came with.
// H4  A node that is silent for too long is left, if somebody else can go on.
// H5  The node that answers is told both times of a question whose answer may be revised. How the answer stands at the
//     deadline is for this node to say, which knows what it has shown: theirs is not passed on.
import { withTimeLimit } from '@aiflow/decode';
import { AiflowError, type Revision } from '@aiflow/protocol';
import { type AnswerRun, nothingSaid, type SummedResult, summarize } from './answer-run.ts';
import { type AnswerSummary, type AskItem, askAnswer } from './ask-contract.ts';
import type { AskRequest } from './ask-request.ts';
import { handedOverLedger } from './handed-over-ledger.ts';
import type { RemoteMember } from './remote-verifier.ts';

/** How far a hand-over may go. */
export interface HandOverTerms {
  /** Whether this node goes on by itself when nobody is left. */
  readonly mayGoOnHere: boolean;
  /** The longest silence that is borne, in milliseconds. */
  readonly silenceMs: number;
}

/** How a hand-over ended. */
export type HandOverEnd =
  | { readonly kind: 'answered' }
  | {
      readonly kind: 'failed';
      readonly error: AiflowError;
      readonly setbacks: readonly string[];
      readonly revisionsShown: number;
    };

interface Told {
  sequence: number;
  committedBytes: number;
  firstRevisionMs: number | undefined;
  /** As it was shown, but with the marks it came with. */
  newest: { readonly revision: Revision; readonly member: RemoteMember } | undefined;
  readonly setbacks: string[];
}

/** Has one candidate of `run.choice.reference` after the other answer, until one has. Throws what can't be helped. */
export async function* handOver(run: AnswerRun, terms: HandOverTerms): AsyncGenerator<AskItem, HandOverEnd> {
  const told = tellNothing(run);
  let error = new AiflowError('unavailable', `no reachable node answers with exit ${run.choice.wantedExit}`, {
    node: run.node,
    hop: run.node,
  });
  for (const member of run.choice.reference) {
    try {
      yield* passOn(run, { member, terms, told });
      return { kind: 'answered' };
    } catch (cause) {
      error = failureOf(run, member, cause);
      if (run.signal.aborted) throw error;
      told.setbacks.push(`${error.hop}: ${error.message}`);
      if (run.remainingMs() <= 0) break;
      run.planner.rest(member.address.node);
      if (!error.retryable && !terms.mayGoOnHere) throw error;
    }
  }
  return yield* endUnanswered(run, told, error);
}

/** Nobody answered to the end. */
async function* endUnanswered(run: AnswerRun, told: Told, error: AiflowError): AsyncGenerator<AskItem, HandOverEnd> {
  if (run.remainingMs() > 0 || told.newest === undefined) {
    return { kind: 'failed', error, setbacks: told.setbacks, revisionsShown: told.sequence };
  }
  yield* showMarks(told); // H3
  yield { kind: 'summary', summary: standing(run, told) };
  return { kind: 'answered' };
}

function tellNothing(run: AnswerRun): Told {
  const told: Told = { sequence: 0, committedBytes: 0, firstRevisionMs: undefined, newest: undefined, setbacks: [] };
  run.standing.follow(() => standing(run, told));
  return told;
}

function failureOf({ node }: AnswerRun, { address }: RemoteMember, cause: unknown): AiflowError {
  return AiflowError.from(cause).at({ hop: `${node} -> ${address.node}` });
}

interface PassingOn {
  readonly member: RemoteMember;
  readonly terms: HandOverTerms;
  readonly told: Told;
}

async function* passOn(run: AnswerRun, passing: PassingOn): AsyncGenerator<AskItem, void> {
  const { member, terms, told } = passing;
  const beganMs = run.clock.nowMs();
  for await (const item of ask(run, member, terms.silenceMs)) {
    if (item.kind === 'revision') {
      yield* showRevision(run, passing, item.revision);
      continue;
    }
    if (item.kind !== 'summary' || item.summary.provisional === true) continue; // H5
    yield* showMarks(told);
    const { outcome, far, answerTokens } = item.summary;
    const isTelling = outcome === 'complete' && !far && told.setbacks.length === 0;
    run.planner.noteHandOver(run.plan, { isTelling, durationMs: run.clock.nowMs() - beganMs, answerTokens });
    yield { kind: 'summary', summary: retold(run, item.summary, passing) };
    return;
  }
  throw new AiflowError('unavailable', `${member.address.node} ended its answer without a summary`);
}

async function* ask(run: AnswerRun, member: RemoteMember, silenceMs: number): AsyncGenerator<AskItem, void> {
  const { node } = member.address;
  const { traffic, clock } = run;
  const leftMs = run.remainingMs();
  const { revisionsUntilMs: _asked, ...asked } = run.request;
  const request: AskRequest = { ...asked, tiers: 'local', exit: member.exit, ...timesThere(run, node) };
  const stop = new AbortController();
  const signal = AbortSignal.any([run.signal, stop.signal]);
  traffic.sent(node, askAnswer.request, request);
  const stream = run.caller.stream(member.address, askAnswer, request, { signal, timeoutMs: leftMs });
  const items = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const limitMs = Math.min(silenceMs, run.remainingMs());
      const limit = { clock, limitMs, what: `the next word of ${node}`, signal };
      const next = await withTimeLimit(limit, () => items.next()); // H4
      if (next.done === true) return;
      traffic.received(node, askAnswer.item, next.value);
      yield next.value;
    }
  } finally {
    stop.abort(new AiflowError('cancelled', 'the answer of this node is not needed any more'));
  }
}

/** Its best answer shall be back here in time, and so shall its last word (H5). */
function timesThere(run: AnswerRun, node: string): Pick<AskRequest, 'deadlineMs' | 'revisionsUntilMs'> {
  const { rttMs = 0 } = run.links.to(node);
  const there = (leftMs: number): number => Math.max(leftMs / 2, leftMs - rttMs);
  const deadlineMs = there(run.remainingToDeadlineMs());
  return run.mayBeRevised ? { deadlineMs, revisionsUntilMs: there(run.remainingMs()) } : { deadlineMs };
}

async function* showRevision(
  run: AnswerRun,
  { member, terms, told }: PassingOn,
  theirs: Revision,
): AsyncGenerator<AskItem, void> {
  if (theirs.committedBytes < told.committedBytes) return; // H1
  told.sequence += 1; // H2
  const ageMs = run.clock.nowMs() - run.beganMs;
  told.firstRevisionMs ??= ageMs;
  const revision = { ...theirs, session: run.session, ageMs, sequence: told.sequence };
  told.newest = { revision, member };
  const isOpen = terms.mayGoOnHere && !theirs.finished; // H1
  if (!isOpen) told.committedBytes = theirs.committedBytes;
  yield { kind: 'revision', revision: isOpen ? { ...revision, committed: 0, committedBytes: 0 } : revision };
}

/** The end has come, so what stands committed there stands committed here. */
async function* showMarks(told: Told): AsyncGenerator<AskItem, void> {
  const revision = told.newest?.revision;
  if (revision === undefined || revision.committedBytes <= told.committedBytes) return;
  told.sequence += 1;
  told.committedBytes = revision.committedBytes;
  yield { kind: 'revision', revision: { ...revision, sequence: told.sequence } };
}

/** The newest state, summed up as the answer. */
function standing(run: AnswerRun, { newest, setbacks, firstRevisionMs }: Told): AnswerSummary {
  const result = newest === undefined ? nothingSaid(run) : resultSoFar(run, newest);
  return summarize({ ...run, setbacks }, result, { firstRevisionMs });
}

function resultSoFar(run: AnswerRun, { revision, member }: NonNullable<Told['newest']>): SummedResult {
  const { tier, address, exit, format } = member;
  const { committed } = revision;
  const passedMs = Math.round(run.clock.nowMs() - run.beganMs);
  return {
    ...{ outcome: 'deadline' as const, exact: false, tokens: { length: committed }, committed, endedByItself: false },
    tiers: [],
    references: [{ tier, node: address.node, exit, format, from: 0 }],
    reasons: [`the deadline came after ${passedMs} ms with ${committed} tokens committed`],
  };
}

/** Their summary with what happened here. */
function retold(run: AnswerRun, theirs: AnswerSummary, { member, told }: PassingOn): AnswerSummary {
  const ours = summarize({ ...run, setbacks: told.setbacks }, { ...theirs, tokens: { length: theirs.answerTokens } });
  const { wantedExit } = run.choice;
  const isWanted = member.exit === wantedExit;
  const doubt = `not exact: exit ${member.exit} of ${member.address.node} had the last word, not exit ${wantedExit}`;
  const { plan: _plan, whyUnplanned: _why, firstRevisionMs: _firstThere, ...said } = theirs;
  return {
    ...said,
    ...{ session: run.session, mode: 'cloud-only', exit: wantedExit, promptTokens: theirs.promptTokens },
    exact: theirs.exact && isWanted,
    reasons: isWanted ? ours.reasons : [doubt, ...ours.reasons],
    links: [...ours.links, ...theirs.links],
    durationMs: ours.durationMs,
    ledger: handedOverLedger(run, theirs, member),
    ...(told.firstRevisionMs === undefined ? {} : { firstRevisionMs: told.firstRevisionMs }),
    ...(ours.plan === undefined ? {} : { plan: ours.plan }),
    ...(ours.whyUnplanned === undefined ? {} : { whyUnplanned: ours.whyUnplanned }),
  };
}
