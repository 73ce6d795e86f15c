import { type ActorCaller, type ActorSystem, createActorSystem, createMemoryNetwork } from '@aiflow/actor';
import { createSyntheticEngine, createSyntheticLanguage } from '@aiflow/decode';
import { closeSession, type OpenSession, openSession, rollBack, type Verdict, verifyDraft } from '@aiflow/protocol';
import { createSeededRandom, createVirtualClock } from '@aiflow/time';
import { beforeEach, expect, test } from 'vitest';
import { createVerifierRole } from '../src/index.ts';
import { createTrafficCounter } from '../src/link-traffic.ts';
import { createRemoteVerifier } from '../src/remote-verifier.ts';

const to = { node: 'edge-1', actor: 'verifier' };
const language = createSyntheticLanguage({ seed: 5, answerTokens: 20, agreement: {} });
const opening: OpenSession = {
  session: 's',
  family: 'synthetic',
  featureSpace: 'synthetic-space-1',
  tensorContract: 'synthetic-contract',
  computeFormat: 'fp32',
  prompt: [1, 2],
  answer: [],
  exit: 3,
  epoch: 1,
  maxTokens: 20,
};
const systems = new Map<string, ActorSystem>();

const caller = (node: string): ActorSystem => systems.get(node)!;
const draft = (
  base: number,
  tokens: readonly number[],
  epoch = 1,
): Parameters<typeof verifyDraft.request.encode>[0] => ({
  ...{ session: 's', epoch, base, tokens },
  confidences: [],
});
const lone = (length: number, prompt = opening.prompt): number[] => {
  const answer: number[] = [];
  while (answer.length < length) answer.push(language.next(3, prompt, answer));
  return answer;
};

beforeEach(async () => {
  const clock = createVirtualClock();
  const random = createSeededRandom(1);
  const network = createMemoryNetwork({ clock, random });
  for (const node of ['edge-1', 'device-1', 'device-2']) {
    systems.set(node, createActorSystem({ transport: network.transport(node), clock, random }));
    await caller(node).start();
  }
  const engine = createSyntheticEngine({ clock, language }, { exits: [3], stepMs: 0 });
  caller('edge-1').spawn(createVerifierRole({ engine }, { maxSessions: 2 }));
});

test('advertises the exits it can judge', () => {
  const verifier = caller('edge-1')
    .actors()
    .find(({ name }) => name === 'verifier');
  expect(verifier?.capabilities).toEqual(['verify:synthetic:3:fp32']);
});

test('judges, goes back, and judges on what it was told to hold', async () => {
  const device = caller('device-1');
  expect(await device.ask(to, openSession, opening)).toEqual({ session: 's', exit: 3, epoch: 1, cached: 0 });
  const verdict = await device.ask(to, verifyDraft, draft(0, [...lone(3), 4000]));
  expect(verdict).toMatchObject({ accepted: 3, correction: lone(4)[3], committed: 4, finished: false });
  await device.tell(to, rollBack, { session: 's', epoch: 2, length: 1, tokens: [77] });
  const given = [...lone(1), 77];
  const next = await device.ask(to, verifyDraft, draft(2, [], 2));
  expect(next.correction).toBe(language.next(3, opening.prompt, given));
});

test('keeps the sessions of two owners apart that chose the same id', async () => {
  await caller('device-1').ask(to, openSession, opening);
  await caller('device-2').ask(to, openSession, { ...opening, prompt: [9] });
  const one = await caller('device-1').ask(to, verifyDraft, draft(0, []));
  const other = await caller('device-2').ask(to, verifyDraft, draft(0, []));
  expect([one.correction, other.correction]).toEqual([lone(1)[0], lone(1, [9])[0]]);
  await caller('device-1').tell(to, closeSession, { session: 's' });
  await expect(caller('device-1').ask(to, verifyDraft, draft(1, []))).rejects.toMatchObject({ code: 'not-found' });
  expect((await caller('device-2').ask(to, verifyDraft, draft(1, []))).accepted).toBe(0);
});

test('lets the least recently used session go when a third is opened', async () => {
  const device = caller('device-1');
  for (const session of ['a', 'b', 'c']) await device.ask(to, openSession, { ...opening, session });
  await expect(device.ask(to, verifyDraft, { ...draft(0, []), session: 'a' })).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('open it again'),
  });
  expect((await device.ask(to, verifyDraft, { ...draft(0, []), session: 'c' })).correction).toBe(lone(1)[0]);
});

test('takes up an answer where it stands', async () => {
  await caller('device-1').ask(to, openSession, { ...opening, answer: lone(5), epoch: 9 });
  const verdict = await caller('device-1').ask(to, verifyDraft, draft(5, lone(7).slice(5), 9));
  expect(verdict).toMatchObject({ accepted: 2, correction: lone(8)[7], committed: 8 });
});

test('survives messages about sessions it never had', async () => {
  const device = caller('device-1');
  await device.tell(to, rollBack, { session: 'x', epoch: 2, length: 4, tokens: [] });
  await device.tell(to, closeSession, { session: 'x' });
  await device.ask(to, openSession, opening);
  expect((await device.ask(to, verifyDraft, draft(0, []))).correction).toBe(lone(1)[0]);
});

test('one node judges the same answer at two exits for one owner, each by its own words', async () => {
  const clock = createVirtualClock();
  const two = createSyntheticLanguage({ seed: 5, answerTokens: 20, agreement: { 3: 0 } });
  const engine = createSyntheticEngine({ clock, language: two }, { exits: [3, 4], stepMs: 0 });
  caller('edge-1').spawn(createVerifierRole({ engine }, { name: 'both' }));
  const device = caller('device-1');
  const subject = { session: 's', prompt: [1, 2] };
  const parts = { caller: device, farewell: device, owner: engine, subject, maxTokens: 20 };
  const { signal } = new AbortController();
  const verifiers = [3, 4].map(exit =>
    createRemoteVerifier(
      { ...parts, traffic: createTrafficCounter() },
      { address: { node: 'edge-1', actor: 'both' }, tier: 'edge', exit, format: 'fp32' },
    ),
  );
  for (const verifier of verifiers) await verifier.open({ epoch: 1, answer: [] }, signal);
  for (const verifier of verifiers) {
    const verdict = await verifier.verify({ epoch: 1, base: 0, tokens: [] }, signal);
    expect(verdict.correction).toBe(two.next(verifier.exit, [1, 2], []));
  }
});

const DAMAGE: readonly (readonly [string, { readonly [Field in keyof Verdict]?: Verdict[Field] | undefined }])[] = [
  ['of another session', { session: 'x.3' }],
  ['whose token got lost', { correction: undefined }],
  ['whose counts do not add up', { committed: 7 }],
];

test.each(DAMAGE)('a verdict %s is refused', async (_, change) => {
  const device = caller('device-1');
  const ask = async (...call: Parameters<typeof device.ask>): Promise<unknown> =>
    Object.assign({}, await device.ask(...call), change);
  const damaged = { ask };
  const owner = createSyntheticEngine({ clock: createVirtualClock(), language }, { exits: [3], stepMs: 0 });
  const subject = { session: 's', prompt: [1, 2] };
  const parts = { farewell: device, owner, subject, maxTokens: 20, traffic: createTrafficCounter() };
  const member = { address: to, tier: 'edge', exit: 3, format: 'fp32' } as const;
  const { signal } = new AbortController();
  await createRemoteVerifier({ ...parts, caller: device }, member).open({ epoch: 1, answer: [] }, signal);
  const verifier = createRemoteVerifier({ ...parts, caller: damaged as unknown as ActorCaller }, member);
  await expect(verifier.verify({ epoch: 1, base: 0, tokens: [] }, signal)).rejects.toMatchObject({ code: 'data-loss' });
});

test('a farewell that was held up for a minute still ends its session', async () => {
  const clock = createVirtualClock();
  const network = createMemoryNetwork({ clock, random: createSeededRandom(1) });
  const names = ['edge-1', 'device-1'];
  const [edge, device] = names.map(node =>
    createActorSystem({ transport: network.transport(node), clock, random: createSeededRandom(node) }),
  ) as [ActorSystem, ActorSystem];
  for (const system of [edge, device]) await system.start();
  const engine = createSyntheticEngine({ clock, language }, { exits: [3], stepMs: 0 });
  const closed: string[] = [];
  const close = engine.close.bind(engine);
  engine.close = async session => {
    closed.push(session);
    await close(session);
  };
  edge.spawn(createVerifierRole({ engine }));
  const subject = { session: 's', prompt: [1, 2] };
  const parts = { caller: device, farewell: device, owner: engine, subject, maxTokens: 20 };
  const member = { address: to, tier: 'edge', exit: 3, format: 'fp32' } as const;
  const verifier = createRemoteVerifier({ ...parts, traffic: createTrafficCounter() }, member);
  const opened = verifier.open({ epoch: 1, answer: [] }, new AbortController().signal);
  await clock.advance(1000);
  await opened;
  network.setFaults('device-1', 'edge-1', { delayMs: 60_000 });
  const said = verifier.close();
  await clock.advance(61_000);
  await said;
  expect(closed).toHaveLength(1);
});
