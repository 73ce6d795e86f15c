// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type Tier } from '@aiflow/protocol';
import { createSeededRandom, createVirtualClock, type Random, sleep, type VirtualClock } from '@aiflow/time';
import {
  createDeskVerifier,
  createEngineDrafter,
  createSyntheticEngine,
  createSyntheticLanguage,
  createVerifierDesk,
  runSession,
  type SessionCollaborators,
  type SessionOptions,
  type SessionResult,
  type SessionRevision,
  type SyntheticEngine,
  type SyntheticLanguage,
  type Verifier,
} from '../src/index.ts';

/** What may go wrong on the way to one verifier. Ratios are per message. */
export interface LinkFaults {
  readonly maxDelayMs: number;
  readonly lossRatio: number;
  readonly duplicateRatio: number;
}

export interface TierScript {
  readonly tier: Tier;
  readonly exit: number;
  readonly stepMs: number;
  readonly link: LinkFaults;
  /** Nodes that can serve it. Default 1. */
  readonly candidates?: number;
  /** Nothing reaches the tier's nodes any more; `refuse` tells the sender, `silence` does not. */
  readonly dies?: { readonly atMs: number; readonly how: 'refuse' | 'silence' };
  /** The broker is gone for a while; the tier's nodes find back to it `lagMs` after the owner. */
  readonly broker?: { readonly stopsAtMs: number; readonly awayMs: number; readonly lagMs: number };
  /** The verifiers' processes lose their sessions. */
  readonly restartsAtMs?: readonly number[];
}

export interface FleetScript {
  readonly seed: number;
  readonly answerTokens: number;
  readonly agreement: Readonly<Record<number, number>>;
  readonly device: { readonly exits: readonly number[]; readonly stepMs: number; readonly diesAtMs?: number };
  readonly tiers: readonly TierScript[];
}

/** Everything a test may want to look at afterwards. */
export interface FleetRun {
  readonly result: SessionResult | undefined;
  readonly error: AiflowError | undefined;
  readonly revisions: readonly SessionRevision[];
  readonly language: SyntheticLanguage;
  readonly prompt: readonly number[];
  /** Most verify calls under way at once, to one verifier. */
  readonly peakInFlight: number;
  readonly pendingTimers: number;
}

/** What the deepest exit says alone. */
export function loneAnswer(language: SyntheticLanguage, prompt: readonly number[], exit: number): readonly number[] {
  const answer: number[] = [];
  while (answer.at(-1) !== language.endToken && answer.length < 1000) answer.push(language.next(exit, prompt, answer));
  return answer;
}

/** Plays a script on virtual time. `change` may put its own verifiers in place. */
export async function playFleet(
  script: FleetScript,
  options: SessionOptions = {},
  change: (verifier: Verifier) => Verifier = verifier => verifier,
): Promise<FleetRun> {
  const clock = createVirtualClock();
  const { seed, answerTokens, agreement } = script;
  const language = createSyntheticLanguage({ seed, answerTokens, agreement });
  const subject = { session: 'played', prompt: [seed & 0xff, 7] };
  const revisions: SessionRevision[] = [];
  const peak = { value: 0 };
  const random = createSeededRandom(seed);
  const own = createSyntheticEngine({ clock, language }, script.device);
  const { diesAtMs } = script.device;
  if (diesAtMs !== undefined) {
    clock.setTimer(diesAtMs, () => {
      own.draft = () => Promise.reject(new AiflowError('unavailable', 'the engine died'));
      own.open = () => Promise.reject(new AiflowError('unavailable', 'the engine died'));
    });
  }
  const collaborators: SessionCollaborators = {
    clock,
    drafter: createEngineDrafter(own, subject, { node: 'device-1', tier: 'device' }),
    tiers: script.tiers.map(tier => ({
      ...{ tier: tier.tier, exit: tier.exit },
      candidates: Array.from({ length: tier.candidates ?? 1 }, (_, at) => {
        const name = `${tier.tier}-${at + 1}`;
        return change(watch(faultyVerifier({ clock, language, random: random.fork(name), tier, name, subject }), peak));
      }),
    })),
  };
  const running = runSession(collaborators, { ...options, onRevision: revision => revisions.push(revision) });
  const settled = running.then(
    result => ({ result, error: undefined }),
    error => ({ result: undefined, error: AiflowError.from(error) }),
  );
  const end = await clock.runUntilSettled(settled);
  await clock.advance(1000); // duplicates may still be on the way
  const { pendingTimers } = clock;
  return { ...end, revisions, language, prompt: subject.prompt, peakInFlight: peak.value, pendingTimers };
}

interface FaultyVerifier {
  readonly clock: VirtualClock;
  readonly language: SyntheticLanguage;
  readonly random: Random;
  readonly tier: TierScript;
  readonly name: string;
  readonly subject: { readonly session: string; readonly prompt: readonly number[] };
}

function faultyVerifier({ clock, language, random, tier, name, subject }: FaultyVerifier): Verifier {
  const engine: SyntheticEngine = createSyntheticEngine(
    { clock, language },
    { exits: [tier.exit], stepMs: tier.stepMs },
  );
  const desk = createVerifierDesk(engine);
  for (const atMs of tier.restartsAtMs ?? []) clock.setTimer(atMs, () => engine.forget());
  const carry = async (signal: AbortSignal): Promise<void> => {
    const isDead = (): boolean => tier.dies !== undefined && clock.nowMs() >= tier.dies.atMs;
    if (isDead() && tier.dies?.how === 'refuse') throw new AiflowError('unavailable', `${name} does not answer`);
    checkBroker(tier, name, clock.nowMs());
    await sleep(clock, random.next() * tier.link.maxDelayMs, signal);
    checkBroker(tier, name, clock.nowMs());
    if (isDead() || random.next() < tier.link.lossRatio) await never(signal);
  };
  const member = { tier: tier.tier, node: name, exit: tier.exit, format: 'fp32' } as const;
  const verifier = createDeskVerifier(desk, member, subject, { there: carry, back: carry });
  const twice = <T>(send: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> => {
    if (random.next() < tier.link.duplicateRatio) send(signal).catch(() => undefined);
    return send(signal);
  };
  return {
    ...verifier,
    verify: (block, signal) => twice(inner => verifier.verify(block, inner), signal),
    rollback: (changed, signal) => twice(inner => verifier.rollback(changed, inner), signal),
  };
}

function checkBroker({ broker }: TierScript, name: string, nowMs: number): void {
  if (broker === undefined) return;
  const sinceMs = nowMs - broker.stopsAtMs;
  if (sinceMs < 0 || sinceMs >= broker.awayMs + broker.lagMs) return;
  if (sinceMs >= broker.awayMs) throw new AiflowError('unavailable', `nobody listens for ${name}`);
  throw new AiflowError('unavailable', 'no connection to the broker: reconnecting', { retryAfterMs: 250 });
}

function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
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
