// SPDX-License-Identifier: Apache-2.0
import { type ExitPolicy, shareRisk } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';

/**
 * How the depth of each token is to be chosen where one node answers alone. The parts compose: `risk` chooses between
 * the exits, energy and time cap the deepest that may be chosen.
 */
export interface ExitPolicyWish {
  /** Share of all tokens, 0 to 1, that may stop at a shallower exit and differ from the deepest one's. */
  readonly risk?: number;
  /** Energy the answer may take; needs `watts`. */
  readonly joules?: number;
  /** What the answering machine draws while it computes. */
  readonly watts?: number;
  /** Choose depths so that the answer fits the request's deadline. Default false. */
  readonly inTime?: boolean;
}

/** What a margin between the two best logits of an exit promises: see the manifest's `confidence`. */
export interface ConfidencePromise {
  readonly risk: number;
  /** In logits. */
  readonly margin: number;
}

/** The promises of each exit, by depth. */
export type ConfidenceTable = ReadonlyMap<number, readonly ConfidencePromise[]>;

/** What a wish is resolved against. */
export interface PolicyFacts {
  readonly family: string;
  /** Exits the answering node holds, ascending. */
  readonly held: readonly number[];
  /** The deepest that may be used; one of `held`. */
  readonly last: number;
  readonly confidence: ConfidenceTable;
}

/** A wish made definite: which exit decides, without what remains of the budget. */
export interface ResolvedPolicy {
  readonly within: ExitPolicy;
  /** The risk that was asked for. */
  readonly risk: number | undefined;
  /** What the margins in use promise together: the sum over their exits, at most `risk`; absent where none is in use. */
  readonly statedRisk: number | undefined;
  readonly last: number;
  /** Joules in all, when energy is a limit. */
  readonly joules: number | undefined;
  readonly watts: number | undefined;
  readonly inTime: boolean;
}

/** True when the wish leaves the choice of depth to anything at all. */
export function wishes({ risk, joules, inTime }: ExitPolicyWish): boolean {
  return risk !== undefined || joules !== undefined || inTime === true;
}

/**
 * Turns a wish into a policy over the exits that the node holds; a risk is shared among them so that their sum keeps to it
 * (`shareRisk` of @aiflow/model).
 *
 * @throws AiflowError `invalid-argument` for joules without watts; `failed-precondition` where the family promises no such
 * risk for any exit that would be used, naming the least it promises.
 */
export function resolvePolicy(wish: ExitPolicyWish, facts: PolicyFacts): ResolvedPolicy {
  const { joules, watts, inTime = false } = wish;
  if (joules !== undefined && watts === undefined) {
    throw new AiflowError(
      'invalid-argument',
      `${joules} joules are a limit only with the machine's draw: give watts too (--watts, or roles.answer.exitPolicy.watts)`,
    );
  }
  const { last } = facts;
  const { risk } = wish;
  const shared = { last, risk, joules, watts, inTime };
  if (risk === undefined) return { ...shared, within: { kind: 'fixed', exit: last }, statedRisk: undefined };
  const shallower = facts.held.filter(exit => exit < last);
  const calibrated = shallower.map(exit => ({ exit, confidence: facts.confidence.get(exit) ?? [] }));
  const { steps, risk: sum } = shareRisk(calibrated, risk);
  if (steps.length === 0 && shallower.length > 0) throw promisesNothing(risk, facts, shallower);
  return {
    ...shared,
    within: { kind: 'confidence', steps, last },
    statedRisk: steps.length === 0 ? undefined : sum,
  };
}

function promisesNothing(risk: number, { family, confidence }: PolicyFacts, exits: readonly number[]): AiflowError {
  const least = Math.min(...exits.flatMap(exit => (confidence.get(exit) ?? []).map(promise => promise.risk)));
  const known = Number.isFinite(least)
    ? `the least it promises is ${percent(least)}: ask for that or more`
    : 'it was not calibrated: leave the risk out';
  return new AiflowError(
    'failed-precondition',
    `family ${family} promises no risk of ${percent(risk)} at exit ${exits.join(', ')}; ${known}`,
  );
}

/** A share as people read it: `1 %`. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
