// SPDX-License-Identifier: Apache-2.0
import {
  createDeskVerifier,
  createEngineDrafter,
  createReplayDrafter,
  createVerifierDesk,
  type Drafter,
  runSession,
  type SessionOptions,
  type SessionResult,
  type SessionRevision,
  type SessionSubject,
  sessionOptionsOf,
  type TierCandidates,
} from '@aiflow/decode';
import { AiflowError } from '@aiflow/protocol';
import { type AnswerRun, localExitOf, nothingSaid, summarize } from './answer-run.ts';
import { describeRevision } from './answer-text.ts';
import type { AskItem } from './ask-contract.ts';
import { auditAnswer } from './audit-answer.ts';
import { firstDraftInTime } from './draft-first.ts';
import { createNewestValue, type NewestValue } from './newest-value.ts';
import { createRemoteVerifier, type RemoteMember } from './remote-verifier.ts';

/** Answers with the owner's engine and the verifiers that were chosen, if any. */
export async function* answerTogether(run: AnswerRun): AsyncGenerator<AskItem, void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([run.signal, stop.signal]);
  const newest = createNewestValue<SessionRevision>();
  run.standing.follow(() => summarize(run, nothingSaid(run)));
  const running = decode(run, newest, { ...optionsOf(run), signal });
  let firstRevisionMs: number | undefined;
  try {
    for await (const revision of newest) {
      const ageMs = run.clock.nowMs() - run.beganMs;
      firstRevisionMs ??= ageMs;
      const { session, revisionsShown } = run;
      yield {
        kind: 'revision',
        revision: describeRevision(run.textModel, revision, { session, ageMs, revisionsShown }),
      };
    }
    const decoded = await running;
    run.planner.note(run.plan, decoded, run.setbacks.length === 0);
    const { result, audit } = await auditAnswer(run, decoded, signal);
    yield { kind: 'summary', summary: summarize(run, result, { firstRevisionMs, audit }) };
  } finally {
    stop.abort(new AiflowError('cancelled', 'nobody reads the answer any more'));
  }
}

function decode(run: AnswerRun, newest: NewestValue<SessionRevision>, options: SessionOptions): Promise<SessionResult> {
  const { clock } = run;
  const { drafter, ...drafting } = drafterOf(run, options);
  const { standBy = [], middle, reference } = run.choice;
  const waiting = candidatesOf(run, standBy).map(tier => ({ ...tier, isStandBy: true }));
  const judging = [middle, reference].flatMap(members => candidatesOf(run, members));
  const tiers = run.judgesItself === true ? [ownTier(run)] : [...waiting, ...judging];
  const onRevision = (revision: SessionRevision, resultSoFar: () => SessionResult): void => {
    run.standing.follow(() => summarize(run, resultSoFar()), revision.tokens);
    newest.put(revision);
  };
  const working = runSession({ drafter, tiers, clock }, { ...options, ...drafting, onRevision });
  const close = (): void => newest.close();
  working.then(close, close); // a failure is seen by who awaits the result, if anybody still does
  return working;
}

/** What was said to the question before comes first; then nobody is asked token by token for the same. */
function drafterOf(
  run: AnswerRun,
  { draftLength }: SessionOptions,
): { readonly drafter: Drafter } & Pick<SessionOptions, 'draftLength' | 'pull'> {
  const { engine, node, tier, request } = run;
  const session = `own/${run.session}`;
  const drafter = createEngineDrafter(engine, { ...subjectOf(run), session }, { node, tier });
  const { tokens = [] } = request.drafted ?? {};
  if (tokens.length === 0) return { drafter };
  const replay = createReplayDrafter(engine, drafter, { session, tokens, exit: localExitOf(run) });
  return { drafter: replay, draftLength: replay.draftLength(draftLength), pull: 0 };
}

function optionsOf(run: AnswerRun): SessionOptions {
  const { choice, decoding, maxTokens } = run;
  const isPlanned = run.setbacks.length === 0 && run.plan !== undefined;
  const planned: Partial<SessionOptions> = isPlanned ? sessionOptionsOf(run.plan.decision.plan) : {};
  return {
    ...decoding,
    ...planned,
    maxTokens,
    referenceExit: choice.wantedExit,
    deadlineMs: run.remainingMs(),
    localExit: localExitOf(run),
    draftLength: firstDraftInTime(run, planned.draftLength ?? decoding.draftLength),
  };
}

function candidatesOf(run: AnswerRun, members: readonly RemoteMember[]): readonly TierCandidates[] {
  const [first] = members;
  if (first === undefined) return [];
  const { caller, farewell, engine: owner, maxTokens, traffic } = run;
  const roundTripTo = (node: string): number | undefined => run.links.to(node).rttMs ?? run.planner.roundTripTo(node);
  const parts = { caller, farewell, owner, maxTokens, traffic, subject: subjectOf(run), roundTripTo };
  const candidates = members.map(member => createRemoteVerifier(parts, member));
  return [{ tier: first.tier, exit: first.exit, candidates }];
}

/** This node's deep exit as the judge of its shallow one. */
function ownTier(run: AnswerRun): TierCandidates {
  const { node, tier, engine } = run;
  const member = { node, tier, exit: localExitOf(run), format: engine.format };
  const subject = { ...subjectOf(run), session: `judged/${run.session}` };
  return { tier, exit: member.exit, candidates: [createDeskVerifier(createVerifierDesk(engine), member, subject)] };
}

/** The session as every tier knows it. */
function subjectOf({ session, prompt, request: { sampling } }: AnswerRun): SessionSubject {
  return sampling === undefined ? { session, prompt } : { session, prompt, sampling };
}
