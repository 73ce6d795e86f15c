import { createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import {
  type BlockVerdict,
  createSyntheticEngine,
  createSyntheticLanguage,
  createVerifierDesk,
  type SyntheticEngine,
  type VerifierDesk,
} from './index.ts';

const EXIT = 4;
const prompt = [7];
const language = createSyntheticLanguage({ seed: 3, answerTokens: 12, agreement: {} });

function answer(length: number): number[] {
  const tokens: number[] = [];
  while (tokens.length < length) tokens.push(language.next(EXIT, prompt, tokens));
  return tokens;
}

async function openDesk(maxSessions = 8): Promise<{ desk: VerifierDesk; engine: SyntheticEngine; calls: number[] }> {
  const engine = createSyntheticEngine({ clock: createVirtualClock(), language }, { exits: [EXIT], stepMs: 0 });
  const calls: number[] = [];
  const verify = engine.verify.bind(engine);
  engine.verify = (request, signal) => {
    calls.push(request.base);
    return verify(request, signal);
  };
  const desk = createVerifierDesk(engine, { maxSessions });
  await desk.open('s', { exit: EXIT, epoch: 1, prompt, answer: [] });
  return { desk, engine, calls };
}

const said = ({ accepted, correction, finished }: BlockVerdict): unknown => ({ accepted, correction, finished });

test('accepts what the exit would have said and adds its own next token', async () => {
  const { desk } = await openDesk();
  const verdict = await desk.verify('s', { epoch: 1, base: 0, tokens: answer(4) });
  expect(said(verdict)).toEqual({ accepted: 4, correction: answer(5)[4], finished: false });
  expect(desk.heldTokens('s')).toBe(5);
});

test('says that the answer ended when the last accepted token ends it', async () => {
  const { desk } = await openDesk();
  const verdict = await desk.verify('s', { epoch: 1, base: 0, tokens: answer(12) });
  expect(said(verdict)).toEqual({ accepted: 12, correction: undefined, finished: true });
});

test('answers what stands behind a rejection in the same epoch without computing', async () => {
  const { desk, calls } = await openDesk();
  const [first, second] = await Promise.all([
    desk.verify('s', { epoch: 1, base: 0, tokens: [...answer(2), 9999] }),
    desk.verify('s', { epoch: 1, base: 3, tokens: [1, 2, 3] }),
  ]);
  expect(said(first)).toEqual({ accepted: 2, correction: answer(3)[2], finished: false });
  expect(said(second)).toEqual({ accepted: 0, correction: undefined, finished: false });
  expect(calls).toEqual([0]);
});

test('gives a block that comes twice the same verdict and computes it once', async () => {
  const { desk, calls } = await openDesk();
  const block = { epoch: 1, base: 0, tokens: answer(4) };
  const next = { epoch: 1, base: 4, tokens: answer(8).slice(4) };
  const verdicts = await Promise.all([desk.verify('s', block), desk.verify('s', block), desk.verify('s', next)]);
  expect(said(verdicts[1])).toEqual(said(verdicts[0]));
  expect(said(await desk.verify('s', block))).toEqual(said(verdicts[0]));
  expect(verdicts[2].accepted).toBe(4);
  expect(calls).toEqual([0, 4]);
});

test('keeps a block that came before its predecessor until that one is there', async () => {
  const { desk, calls } = await openDesk();
  const late = desk.verify('s', { epoch: 1, base: 4, tokens: answer(6).slice(4) });
  const early = desk.verify('s', { epoch: 1, base: 0, tokens: answer(4) });
  expect((await early).accepted).toBe(4);
  expect((await late).accepted).toBe(2);
  expect(calls).toEqual([0, 4]);
});

test('keeps a block of a new epoch until its rollback is there, then judges on what the rollback gave', async () => {
  const { desk } = await openDesk();
  await desk.verify('s', { epoch: 1, base: 0, tokens: answer(4) });
  const given = [...answer(2), 4000];
  const waiting = desk.verify('s', { epoch: 2, base: 3, tokens: [language.next(EXIT, prompt, given)] });
  await desk.rollBack('s', { epoch: 2, length: 2, tokens: [4000] });
  expect((await waiting).accepted).toBe(1);
  expect(desk.heldTokens('s')).toBe(5);
});

test('answers a waiting block of an old epoch when the new one begins, and ignores an old rollback', async () => {
  const { desk } = await openDesk();
  const stranded = desk.verify('s', { epoch: 1, base: 4, tokens: [1] });
  await desk.rollBack('s', { epoch: 3, length: 0, tokens: answer(1) });
  expect(said(await stranded)).toEqual({ accepted: 0, correction: undefined, finished: false });
  await desk.rollBack('s', { epoch: 2, length: 0, tokens: [] });
  expect(desk.heldTokens('s')).toBe(1);
});

test('refuses a rollback that leaves a gap', async () => {
  const { desk } = await openDesk();
  await expect(desk.rollBack('s', { epoch: 2, length: 3, tokens: [] })).rejects.toMatchObject({
    code: 'failed-precondition',
    message: expect.stringContaining('leaves a gap'),
  });
});

test('a waiting block ends when its asker gives up or the session is closed', async () => {
  const { desk } = await openDesk();
  const controller = new AbortController();
  const given = desk.verify('s', { epoch: 1, base: 9, tokens: [1] }, controller.signal);
  const closed = desk.verify('s', { epoch: 1, base: 8, tokens: [1] });
  await Promise.resolve();
  controller.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  await desk.close('s');
  await expect(closed).rejects.toMatchObject({ code: 'cancelled' });
});

test('lets the least recently used session go and says not-found for it', async () => {
  const { desk, engine } = await openDesk(2);
  await desk.open('t', { exit: EXIT, epoch: 1, prompt, answer: [] });
  await desk.verify('s', { epoch: 1, base: 0, tokens: [] });
  await desk.open('u', { exit: EXIT, epoch: 1, prompt, answer: [] });
  await expect(desk.verify('t', { epoch: 1, base: 0, tokens: [] })).rejects.toMatchObject({ code: 'not-found' });
  expect((await desk.verify('s', { epoch: 1, base: 1, tokens: [] })).correction).toBe(answer(2)[1]);
  expect((await engine.status()).sessions).toBe(2);
});

test('forgets a session that its engine forgot, so that it can be opened again', async () => {
  const { desk, engine } = await openDesk();
  engine.forget();
  await expect(desk.verify('s', { epoch: 1, base: 0, tokens: [] })).rejects.toMatchObject({ code: 'not-found' });
  expect(desk.sessions).toBe(0);
  await desk.open('s', { exit: EXIT, epoch: 4, prompt, answer: answer(3) });
  expect((await desk.verify('s', { epoch: 4, base: 3, tokens: [] })).correction).toBe(answer(4)[3]);
});

test('an opening that comes late does not undo a newer one', async () => {
  const { desk } = await openDesk();
  await desk.open('s', { exit: EXIT, epoch: 5, prompt, answer: answer(3) });
  const late = desk.open('s', { exit: EXIT, epoch: 2, prompt, answer: [1] });
  await expect(late).rejects.toMatchObject({ code: 'aborted', message: expect.stringContaining('epoch 5 is held') });
  expect(desk.heldTokens('s')).toBe(3);
});

async function closedAfter(openings: number): Promise<readonly string[]> {
  const { desk, engine } = await openDesk();
  const closed: string[] = [];
  const close = engine.close.bind(engine);
  engine.close = async session => {
    closed.push(session);
    await close(session);
  };
  const opening = { exit: EXIT, epoch: 1, prompt, answer: [] };
  const opened = Array.from({ length: openings }, () => desk.open('early', opening));
  await Promise.all([...opened, desk.close('early')]);
  expect(desk.sessions).toBe(1);
  return closed;
}

test('a session that is closed while it is being opened does not stay', async () => {
  expect(await closedAfter(1)).toEqual(['early#2']);
});

test('of two openings of one session at once neither stays behind', async () => {
  expect(await closedAfter(2)).toEqual(['early#2', 'early#3']);
});
