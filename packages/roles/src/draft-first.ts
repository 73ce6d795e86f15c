// SPDX-License-Identifier: Apache-2.0
//
// Something has to stand at a deadline after which the answer may be revised. A plan that only goes by the time of the
// whole answer may have no word by then, or the first few of a deep exit, where drafts of a shallow one would be there.
//
// F1  A reference that would be asked token by token, and is not expected to have a word in time, judges drafts instead.
// F2  A node that would say every token with its deep exit, and not be through in time, drafts with its shallow one and
//     judges with the deep one itself: the same text, drafts first. One that was asked to answer alone, or handed the
//     question, does so only where not even the deep exit's first words are expected in time.
// F3  The first draft is no longer than what is expected to be there in time.
import { type DraftLengthPolicy, fixedDraftLength } from '@aiflow/decode';
import type { AnswerPlan } from './answer-planner.ts';
import { type AnswerRun, draftExitOf, localExitOf } from './answer-run.ts';
import type { Asked } from './asked.ts';
import { planRun } from './plan-run.ts';

/** Of the time until the deadline, the part that the first draft may take. */
const FIRST_DRAFT_SHARE = 0.8;
/** Tokens that an exit which answers alone says at once. */
const FIRST_WORDS = 8;

/** The run as it is to be made so that drafts stand at the deadline; undefined where `plan`, or none, does as well. */
export function draftFirst(asked: Asked, run: AnswerRun, plan: AnswerPlan | undefined): AnswerRun | undefined {
  if (!run.mayBeRevised || run.choice.mode === 'cloud-only' || plan === undefined) return undefined;
  const { kind, label, firstTokenMs } = plan.decision.plan;
  const leftMs = run.remainingToDeadlineMs();
  if (kind === 'local' && wantedByDeadlineMs(run, plan) > leftMs) {
    return judgeHere(withPace(run, plan), `by which "${label}" was not expected to be through`); // F2
  }
  if (kind !== 'pull' || firstTokenMs <= leftMs) return undefined;
  const why = `by which "${label}" was not expected to have a word`;
  const drafted = planRun(asked, run, ['two-tiers', 'three-tiers']); // F1
  if (drafted !== undefined) return withReason(followPlan(run, drafted), why);
  return judgeHere(withPace(run, plan), why) ?? { ...withReason(run, why), whyUnplanned: DRAFTED_FIRST };
}

function wantedByDeadlineMs({ request }: AnswerRun, { decision }: AnswerPlan): number {
  const { oneTokenMs, msPerToken } = decision.plan;
  if ((request.tiers ?? 'auto') === 'auto') return decision.expectedMs;
  return Math.min(decision.expectedMs, oneTokenMs + (FIRST_WORDS - 1) * msPerToken);
}

const DRAFTED_FIRST = 'drafts were made for the deadline first';

/** The run with a plan and the members that carry it out. */
export function followPlan(run: AnswerRun, plan: AnswerPlan): AnswerRun {
  return withPace({ ...run, plan, choice: plan.choice }, plan);
}

/** Undefined where this node would not be the one to have the last word, or has one exit for both. */
function judgeHere(run: AnswerRun, why: string): AnswerRun | undefined {
  if (run.choice.mode !== 'local' || draftExitOf(run) >= localExitOf(run)) return undefined;
  return { ...withReason(run, why), judgesItself: true, whyUnplanned: DRAFTED_FIRST };
}

function withReason(run: AnswerRun, why: string): AnswerRun {
  const reason = `drafts were made for the deadline, ${why}`;
  return { ...run, choice: { ...run.choice, reasons: [...run.choice.reasons, reason] } };
}

/** What the owner's drafts cost, as the plan has it. */
function withPace(run: AnswerRun, { snapshot }: AnswerPlan): AnswerRun {
  const { owner, promptTokens } = snapshot;
  const cost = owner.exits.find(({ exit }) => exit === draftExitOf(run));
  if (cost === undefined || !run.mayBeRevised) return run;
  const load = Math.max(1, owner.load ?? 1);
  const { stepMs, prefillTokenMs = 0 } = cost;
  return { ...run, draftPace: { stepMs: stepMs * load, openMs: promptTokens * prefillTokenMs * load } };
}

/** F3: the lengths of `usual`, but for the first draft of the answer. */
export function firstDraftInTime(run: AnswerRun, usual: DraftLengthPolicy = fixedDraftLength()): DraftLengthPolicy {
  const { draftPace } = run;
  if (draftPace === undefined) return usual;
  const leftMs = FIRST_DRAFT_SHARE * run.remainingToDeadlineMs() - draftPace.openMs;
  const most = Math.max(1, Math.floor(leftMs / Math.max(0.01, draftPace.stepMs)));
  let isFirst = true;
  return facts => {
    const length = usual(facts);
    const allowed = isFirst ? Math.min(length, most) : length;
    isFirst = false;
    return allowed;
  };
}
