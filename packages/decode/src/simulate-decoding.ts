// SPDX-License-Identifier: Apache-2.0
import { type Clock, createVirtualClock, sleep } from '@aiflow/time';
import { createDeskVerifier } from './desk-verifier.ts';
import { fixedDraftLength } from './draft-length.ts';
import { createEngineDrafter, type SessionSubject } from './drafter.ts';
import { runAlone } from './run-alone.ts';
import { runSession } from './run-session.ts';
import type { SessionOptions, TierCandidates } from './session-options.ts';
import type { SessionResult } from './session-result.ts';
import { createSyntheticEngine, type EngineCosts, type SyntheticEngine } from './synthetic-engine.ts';
import { createSyntheticLanguage, type SyntheticLanguage } from './synthetic-language.ts';
import { createVerifierDesk } from './verifier-desk.ts';

/** A tier of a simulated fleet. */
export interface SimulatedTier extends EngineCosts {
  /** Round trip from the device. */
  readonly rttMs: number;
  /** Probability of saying what the cloud's exit says; of no meaning for the cloud. */
  readonly agreement: number;
}

/** A fleet and an answer. */
export interface DecodingScenario {
  readonly device: Omit<SimulatedTier, 'rttMs'>;
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

const DEVICE = 1;
const EDGE = 2;
const CLOUD = 3;

/** Runs the real session driver on virtual time over engines that only cost time. */
export async function simulateDecoding(scenario: DecodingScenario): Promise<SimulatedDecoding> {
  const answers = scenario.answers ?? 4;
  const sums = { cloudOnlyMs: 0, twoTiersMs: 0, threeTiersMs: 0, pulledMs: 0, acceptance: 0 };
  for (let index = 0; index < answers; index++) {
    const fleet = new SimulatedFleet(scenario, (scenario.seed ?? 1) * 1000 + index);
    const alone = await fleet.cloudOnly();
    const two = await fleet.together([CLOUD]);
    const three = scenario.edge === undefined ? two : await fleet.together([EDGE, CLOUD]);
    const pulled = await fleet.together([CLOUD], 64);
    for (const result of [two, three, pulled]) assertSameText(alone.tokens, result.tokens);
    const verifier = two.tiers[1];
    sums.cloudOnlyMs += alone.durationMs + scenario.cloud.rttMs;
    sums.twoTiersMs += two.durationMs;
    sums.threeTiersMs += three.durationMs;
    sums.pulledMs += pulled.durationMs;
    sums.acceptance += verifier === undefined ? 0 : verifier.accepted / Math.max(1, verifier.proposed);
  }
  return {
    cloudOnlyMs: sums.cloudOnlyMs / answers,
    twoTiersMs: sums.twoTiersMs / answers,
    threeTiersMs: scenario.edge === undefined ? undefined : sums.threeTiersMs / answers,
    pulledMs: sums.pulledMs / answers,
    acceptance: sums.acceptance / answers,
  };
}

class SimulatedFleet {
  readonly #scenario: DecodingScenario;
  readonly #language: SyntheticLanguage;
  readonly #subject: SessionSubject;

  constructor(scenario: DecodingScenario, seed: number) {
    this.#scenario = scenario;
    this.#subject = { session: 'simulated', prompt: [seed] };
    this.#language = createSyntheticLanguage({
      seed,
      answerTokens: scenario.answerTokens ?? 60,
      agreement: { [DEVICE]: scenario.device.agreement, [EDGE]: scenario.edge?.agreement ?? 1 },
    });
  }

  cloudOnly(): Promise<SessionResult> {
    return onVirtualTime(clock => {
      const engine = this.#engine(clock, CLOUD);
      return runAlone({ engine, clock, subject: this.#subject, node: 'cloud', tier: 'cloud' }, CLOUD, this.#limits());
    });
  }

  together(exits: readonly number[], pull: number = 0): Promise<SessionResult> {
    return onVirtualTime(clock => {
      const place = { node: 'device', tier: 'device' } as const;
      const drafter = createEngineDrafter(this.#engine(clock, DEVICE), this.#subject, place);
      const tiers = exits.map(exit => this.#tier(clock, exit));
      return runSession({ drafter, tiers, clock }, { ...this.#limits(), pull });
    });
  }

  #tier(clock: Clock, exit: number): TierCandidates {
    const tier = exit === EDGE ? 'edge' : 'cloud';
    const desk = createVerifierDesk(this.#engine(clock, exit));
    const halfMs = (exit === EDGE ? (this.#scenario.edge?.rttMs ?? 0) : this.#scenario.cloud.rttMs) / 2;
    const carry = (signal: AbortSignal): Promise<void> => sleep(clock, halfMs, signal);
    const member = { tier, node: tier, exit, format: 'fp32' } as const;
    const link = { there: carry, back: carry };
    return { tier, exit, candidates: [createDeskVerifier(desk, member, this.#subject, link)] };
  }

  #engine(clock: Clock, exit: number): SyntheticEngine {
    const { device, edge, cloud } = this.#scenario;
    const costs: EngineCosts = exit === DEVICE ? device : exit === EDGE && edge !== undefined ? edge : cloud;
    return createSyntheticEngine({ clock, language: this.#language }, { ...costs, exits: [exit] });
  }

  #limits(): SessionOptions {
    const { answerTokens = 60, draftTokens = 8, window = 8, maxAhead = 96 } = this.#scenario;
    return {
      ...{ window, maxAhead, deadlineMs: 3_600_000, verdictTimeoutMs: 600_000, openTimeoutMs: 600_000 },
      ...{ draftTimeoutMs: 600_000, maxTokens: answerTokens + 8, draftLength: fixedDraftLength(draftTokens) },
    };
  }
}

async function onVirtualTime(run: (clock: Clock) => Promise<SessionResult>): Promise<SessionResult> {
  const clock = createVirtualClock();
  const running = run(clock);
  let isOver = false;
  const noteEnd = (): void => {
    isOver = true;
  };
  running.then(noteEnd, noteEnd);
  while (!isOver) await clock.advance(50);
  return running;
}

function assertSameText(expected: readonly number[], actual: readonly number[]): void {
  if (expected.join() !== actual.join())
    throw new Error('S1: a mode of decoding gave another text than the cloud alone');
}
