import { createSyntheticEngine, createSyntheticLanguage } from '@aiflow/decode';
import { createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { marksBySteps, marksByVerifying, type SpokenSession, speakBySteps, speakByVerifying } from './speak.ts';

const EXITS = [1, 3, 4];
const PROMPT = [5, 6, 7];
const MAX_TOKENS = 60;

async function speaking(
  seed: number,
  agreement: number,
): Promise<SpokenSession & { says: (exit: number) => number[]; marks: (exit: number) => boolean[] }> {
  const language = createSyntheticLanguage({ seed, answerTokens: 40, agreement: { 1: agreement, 3: agreement } });
  const engine = createSyntheticEngine(
    { clock: createVirtualClock(), language },
    { exits: EXITS, stepMs: 0, verifyMs: () => 0 },
  );
  await engine.open({ session: 's', prompt: PROMPT });
  const says = (exit: number): number[] => {
    const said: number[] = [];
    while (said.length < MAX_TOKENS && said.at(-1) !== language.endToken) said.push(language.next(exit, PROMPT, said));
    return said;
  };
  const marks = (exit: number): boolean[] =>
    says(4).map((token, index, all) => language.next(exit, PROMPT, all.slice(0, index)) === token);
  return { engine, session: 's', maxTokens: MAX_TOKENS, says, marks };
}

const CASES = [0.95, 0.7, 0.3, 0].flatMap(agreement => [1, 2, 3, 4, 5].map(seed => ({ seed, agreement })));

test.each(CASES)(
  'by verifying proposals an exit says what it says alone ($seed, $agreement)',
  async ({ seed, agreement }) => {
    const session = await speaking(seed, agreement);
    const { tokens: proposal } = await speakBySteps(session, 1);
    expect(proposal).toEqual(session.says(1));
    for (const exit of [3, 4]) {
      const own = await speakByVerifying(session, exit, { proposal, drafter: 1 });
      expect(own.tokens).toEqual(session.says(exit));
      expect(own.margins).toHaveLength(own.tokens.length);
    }
  },
);

test.each(CASES)(
  'marks are the exit’s choices after every prefix of the reference, by blocks and by steps ($seed, $agreement)',
  async ({ seed, agreement }) => {
    const session = await speaking(seed, agreement);
    const reference = session.says(4);
    for (const exit of EXITS) {
      const own = await speakBySteps(session, exit);
      const stepped = await marksBySteps(session, exit, { reference, own });
      expect(stepped.map(({ agrees }) => agrees)).toEqual(session.marks(exit));
      await session.engine.open({ session: 's', prompt: PROMPT, answer: reference });
      const judged = await marksByVerifying(session, exit, { reference, own });
      expect(judged.map(({ agrees }) => agrees)).toEqual(session.marks(exit));
    }
  },
);

test('an answer that does not end is cut, and an exit that goes astray at once is still marked to the end', async () => {
  const session = { ...(await speaking(1, 0)), maxTokens: 12 };
  const reference = session.says(4).slice(0, 12);
  const own = await speakBySteps(session, 1);
  expect(own.tokens).toHaveLength(12);
  expect(await marksBySteps(session, 1, { reference, own })).toHaveLength(12);
});
