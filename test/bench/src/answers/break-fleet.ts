// SPDX-License-Identifier: Apache-2.0
//
// Faults at random moments of an answer. The moment is drawn from the time that the same question took undisturbed; a
// fault that comes after the end of the answer says nothing and is drawn again.
import { type Random, sleep } from '@aiflow/time';
import type { AnsweredQuestion, AskingParts } from './ask-undisturbed.ts';
import { awaitEnding, describeEnding, type Ending, judgeEnding } from './judge-ending.ts';
import { type FaultKind, faultMetric, HELPER_SURVIVED, OUTCOMES, type OutcomeKind, PLAN } from './rows.ts';

/** What breaking needs beyond asking. */
export interface BreakingParts extends AskingParts {
  readonly answered: readonly AnsweredQuestion[];
  readonly random: Random;
}

const DEADLINE_MS = 10_000;
const QUICK_LIMIT_MS = 25_000;
const BROKER_DOWN_MS = 1000;
/** A run whose fault came too late is repeated, so many times as there are runs. */
const MOST_ATTEMPTS_A_RUN = 2;

/** Kills one node an answer, the owner among them, and starts it again. */
export async function breakNodes(parts: BreakingParts): Promise<void> {
  const { fleet, random, rounds } = parts;
  const helpers: boolean[] = [];
  const runs = await repeatFaults(parts, 'node', async question => {
    const victim = fleet.nodes[random.below(fleet.nodes.length)] ?? fleet.owner;
    const run = await disturb(parts, question, async () => fleet.kill(victim));
    await fleet.revive(victim);
    await fleet.healed();
    if (run?.outcome !== undefined && victim !== fleet.owner) helpers.push(run.outcome === 'completed');
    return run && { ...run, told: `${victim} killed ${run.told}` };
  });
  if (runs > 0 && helpers.length > 0) rounds.add(HELPER_SURVIVED, helpers.filter(Boolean).length / helpers.length);
}

/** Kills the broker under an answer and starts it again a second later. */
export async function breakBroker(parts: BreakingParts): Promise<void> {
  const { fleet, context } = parts;
  await repeatFaults(parts, 'broker', async question => {
    const run = await disturb(parts, question, async () => {
      await fleet.killBroker();
      await sleep(fleet.clock, BROKER_DOWN_MS, context.signal);
      await fleet.restartBroker();
    });
    await fleet.healed();
    return run && { ...run, told: `broker killed ${run.told}` };
  });
}

interface FaultRun {
  readonly outcome: Exclude<OutcomeKind, 'runs'>;
  readonly told: string;
}

/** Counts outcomes until the plan is done; returns how many runs there were. */
async function repeatFaults(
  parts: BreakingParts,
  fault: FaultKind,
  once: (question: AnsweredQuestion) => Promise<FaultRun | undefined>,
): Promise<number> {
  const { context, fleet, rounds, answered, random } = parts;
  const plan = fault === 'node' ? PLAN.kills : PLAN.brokerRestarts;
  const wanted = context.quick ? plan.quick : plan.full;
  const counts = new Map<OutcomeKind, number>();
  const count = (outcome: OutcomeKind): void => void counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const untilMs = context.quick ? fleet.clock.nowMs() + QUICK_LIMIT_MS : Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < wanted * MOST_ATTEMPTS_A_RUN; attempt++) {
    const done = counts.get('runs') ?? 0;
    const question = answered[random.below(answered.length)];
    if (done === wanted || question === undefined || fleet.clock.nowMs() > untilMs) break;
    context.signal.throwIfAborted();
    const run = await once(question);
    context.progress(`${fault} ${done + 1} of ${wanted}: ${run?.told ?? 'the answer was there before the kill'}`);
    if (run === undefined) continue;
    count('runs');
    count(run.outcome);
  }
  const runs = counts.get('runs') ?? 0;
  if (runs === 0) return 0;
  for (const outcome of Object.keys(OUTCOMES) as OutcomeKind[])
    rounds.add(faultMetric(fault, outcome), counts.get(outcome) ?? 0);
  return runs;
}

/** Asks, breaks something after a random share of the usual time; undefined when the answer was there before. */
async function disturb(
  { fleet, random, context }: BreakingParts,
  { asked, together, alone }: AnsweredQuestion,
  breakSomething: () => Promise<void>,
): Promise<FaultRun | undefined> {
  const { clock, client, owner } = fleet;
  const { signal } = context;
  const afterMs = random.next() * together.summary.durationMs;
  const answer = client.ask(asked.question, { at: owner, deadlineMs: DEADLINE_MS, tiers: 'three', signal });
  let early: Ending | undefined;
  const ending = awaitEnding(clock, answer, DEADLINE_MS).then(found => {
    early ??= found;
    return found;
  });
  await sleep(clock, afterMs, signal);
  const wasUnderWay = early === undefined;
  const [ended] = await Promise.all([ending, breakSomething()]);
  if (!wasUnderWay) return undefined;
  const outcome = judgeEnding(ended, { text: alone.text, deadlineMs: DEADLINE_MS });
  return { outcome, told: `after ${afterMs.toFixed(0)} ms of ${asked.id}: ${outcome}, ${describeEnding(ended)}` };
}
