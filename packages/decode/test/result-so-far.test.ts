// SPDX-License-Identifier: Apache-2.0
import { createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import {
  createSyntheticEngine,
  createSyntheticLanguage,
  runAlone,
  type SessionOptions,
  type SessionResult,
} from '../src/index.ts';

test('a session under way tells what its result would be if time were up', async () => {
  const clock = createVirtualClock();
  const language = createSyntheticLanguage({ seed: 3, answerTokens: 40, agreement: {} });
  const engine = createSyntheticEngine({ clock, language }, { exits: [4], stepMs: 2 });
  const standing: SessionResult[] = [];
  let tellAgain = (): SessionResult | undefined => undefined;
  const onRevision: SessionOptions['onRevision'] = ({ tokens, committed }, resultSoFar) => {
    const result = resultSoFar();
    expect(result).toMatchObject({ outcome: 'deadline', exact: false, tokens, committed, durationMs: clock.nowMs() });
    expect(result.reasons.join()).toContain(`with ${committed} of ${tokens.length} tokens committed`);
    expect(result.ledger?.answerTokens).toBe(tokens.length);
    standing.push(result);
    tellAgain = resultSoFar;
  };
  const run = { engine, clock, subject: { session: 's', prompt: [1] }, node: 'device-1', tier: 'device' } as const;
  const result = await clock.runUntilSettled(runAlone(run, 4, { onRevision }));
  expect(standing.length).toBeGreaterThan(2);
  expect(result).toMatchObject({ outcome: 'complete', exact: true, tokens: standing.at(-1)?.tokens });
  expect(tellAgain()?.tokens).toEqual(result.tokens);
});
