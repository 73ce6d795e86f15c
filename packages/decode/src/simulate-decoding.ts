// SPDX-License-Identifier: Apache-2.0
import type { LinkFacts } from '@aiflow/placement';
import type { SessionResult } from './session-result.ts';
import { type SimulatedFleet, type SimulatedPlan, simulatePlan } from './simulated-fleet.ts';
import type { EngineCosts } from './synthetic-engine.ts';

/** A tier of a simulated fleet and its link from the device. */
export interface SimulatedTier extends EngineCosts, LinkFacts {
  /** Probability of saying what the cloud's exit says; of no meaning for the cloud. */
  readonly agreement: number;
}

/** A fleet and an answer. */
export interface DecodingScenario {
  readonly device: EngineCosts & { readonly agreement: number };
  /** Without one there is no three-tier mode. */
  readonly edge?: SimulatedTier;
  readonly cloud: Omit<SimulatedTier, 'agreement'>;
  /** Default 60. */
  readonly answerTokens?: number;
  /** Default 8. */
  readonly draftTokens?: number;
  /** Blocks under way to one verifier. Default 8; 1 is synchronous decoding but for the drafts made meanwhile. */
  readonly window?: number;
  /** Tokens that may wait for a verdict. Default 96; with `window` 1 and this at `draftTokens`, fully synchronous. */
  readonly maxAhead?: number;
  /** Answers to average over. Default 4. */
  readonly answers?: number;
  readonly seed?: number;
}

/** Mean milliseconds per answer by mode; every mode gave the same text. */
export interface SimulatedDecoding {
  readonly cloudOnlyMs: number;
  readonly twoTiersMs: number;
  readonly threeTiersMs: number | undefined;
  /** The owner leads, drafting is off: the cloud is asked for its own tokens ahead. */
  readonly pulledMs: number;
  /** Share of drafted tokens that the tier which saw them first let stand, in two-tier mode. */
  readonly acceptance: number;
}

const DEVICE = { tier: 'device', exit: 1 } as const;
const EDGE = { tier: 'edge', exit: 2 } as const;
const CLOUD = { tier: 'cloud', exit: 3 } as const;

/** Runs the real session driver on virtual time over engines that only cost time. */
export async function simulateDecoding(scenario: DecodingScenario): Promise<SimulatedDecoding> {
  const answers = scenario.answers ?? 4;
  const fleet = fleetOf(scenario);
  const { draftTokens = 8, window = 8, maxAhead = 96 } = scenario;
  const shape = { draftLengths: [draftTokens], window, maxAhead, pull: 0 };
  const plans: Record<Mode, SimulatedPlan> = {
    alone: { ...shape, kind: 'hand-over', members: [DEVICE, CLOUD] },
    two: { ...shape, kind: 'two-tiers', members: [DEVICE, CLOUD] },
    three: { ...shape, kind: 'three-tiers', members: [DEVICE, EDGE, CLOUD] },
    pulled: { ...shape, kind: 'pull', members: [DEVICE, CLOUD], pull: 64 },
  };
  const sums = { alone: 0, two: 0, three: 0, pulled: 0, acceptance: 0 };
  for (let index = 0; index < answers; index++) {
    const { alone, two, pulled, three } = await answerByAll(fleet, plans, index);
    const verifier = two.tiers[1];
    sums.alone += alone.durationMs;
    sums.two += two.durationMs;
    sums.three += three?.durationMs ?? 0;
    sums.pulled += pulled.durationMs;
    sums.acceptance += verifier === undefined ? 0 : verifier.accepted / Math.max(1, verifier.proposed);
  }
  return {
    cloudOnlyMs: sums.alone / answers,
    twoTiersMs: sums.two / answers,
    threeTiersMs: fleet.edge === undefined ? undefined : sums.three / answers,
    pulledMs: sums.pulled / answers,
    acceptance: sums.acceptance / answers,
  };
}

type Mode = 'alone' | 'two' | 'three' | 'pulled';

async function answerByAll(
  fleet: SimulatedFleet,
  plans: Record<Mode, SimulatedPlan>,
  index: number,
): Promise<Record<Exclude<Mode, 'three'>, SessionResult> & { readonly three: SessionResult | undefined }> {
  const alone = await simulatePlan(fleet, plans.alone, index);
  const two = await simulatePlan(fleet, plans.two, index);
  const pulled = await simulatePlan(fleet, plans.pulled, index);
  const three = fleet.edge === undefined ? undefined : await simulatePlan(fleet, plans.three, index);
  for (const result of [two, pulled, three]) if (result !== undefined) assertSameText(alone.tokens, result.tokens);
  return { alone, two, pulled, three };
}

function fleetOf({ device, edge, cloud, answerTokens = 60, seed = 1 }: DecodingScenario): SimulatedFleet {
  return {
    ...{ answerTokens, seed, referenceExit: CLOUD.exit },
    agreement: { [DEVICE.exit]: device.agreement, [EDGE.exit]: edge?.agreement ?? 1 },
    device: { exits: { [DEVICE.exit]: device } },
    ...(edge === undefined ? {} : { edge: { exits: { [EDGE.exit]: edge }, link: edge } }),
    cloud: { exits: { [CLOUD.exit]: cloud }, link: cloud },
  };
}

/** Every mode must give the text of the reference alone. */
export function assertSameText(expected: readonly number[], actual: readonly number[]): void {
  if (expected.join() !== actual.join())
    throw new Error('S1: a mode of decoding gave another text than the cloud alone');
}
