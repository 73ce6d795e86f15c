// SPDX-License-Identifier: Apache-2.0
import { createVirtualClock } from '@aiflow/time';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEngineDrafter } from './drafter.ts';
import { createReplayDrafter } from './replay-drafter.ts';
import { runSession } from './run-session.ts';
import type { SessionResult } from './session-result.ts';
import { createSyntheticEngine } from './synthetic-engine.ts';
import { createSyntheticLanguage } from './synthetic-language.ts';

const prompt = [1, 2, 3];
const language = createSyntheticLanguage({ seed: 7, answerTokens: 40, agreement: { 1: 0.8, 3: 0.95 } });
const wanted = said(3);

function said(exit: number): readonly number[] {
  const answer: number[] = [];
  while (answer.at(-1) !== language.endToken) answer.push(language.next(exit, prompt, answer));
  return answer;
}

/** An owner that holds the wanted exit, given `tokens`. */
function answer(tokens: readonly number[], maxTokens = 100): Promise<SessionResult> {
  const clock = createVirtualClock();
  const engine = createSyntheticEngine({ clock, language }, { exits: [1, 3], stepMs: 10 });
  const subject = { session: 's', prompt };
  const own = createEngineDrafter(engine, subject, { node: 'edge-1', tier: 'edge' });
  const drafter = createReplayDrafter(engine, own, { session: 's', tokens, exit: 3 });
  const options = { referenceExit: 3, localExit: 3, draftExit: 3, maxTokens, draftLength: drafter.draftLength() };
  return clock.runUntilSettled(runSession({ drafter, tiers: [], clock }, options));
}

test('whatever tokens are given, the answer is what the owner’s exit says', async () => {
  const hostile = fc.array(fc.oneof(fc.nat(60), fc.constant(0)), { maxLength: 60 });
  const cut = fc.nat(wanted.length).map(length => wanted.slice(0, length));
  const changed = fc.tuple(cut, hostile).map(([good, bad]) => [...good, ...bad]);
  await fc.assert(
    fc.asyncProperty(fc.oneof(hostile, changed), fc.constantFrom(100, 17), async (tokens, maxTokens) => {
      const result = await answer(tokens, maxTokens);
      expect(result.tokens).toEqual(wanted.slice(0, maxTokens));
      expect(result.endedByItself).toBe(maxTokens === 100);
    }),
  );
});

test('what stands is not computed token by token again', async () => {
  const [alone, replayed] = [await answer([]), await answer(wanted)];
  expect(replayed.tokens).toEqual(alone.tokens);
  expect(replayed.durationMs).toBeLessThan(alone.durationMs / 4);
});

test('what a shallower exit said costs a pass more than drafting at most', async () => {
  const [alone, replayed] = [await answer([]), await answer(said(1))];
  expect(replayed.durationMs).toBeLessThanOrEqual(alone.durationMs + 40);
});
