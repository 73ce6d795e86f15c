// SPDX-License-Identifier: Apache-2.0
import { createMemoryDisk } from '@aiflow/journal';
import { openDurableStore } from '@aiflow/outbox';
import { type FinishAnswer, finishAnswerPayload } from '@aiflow/protocol';
import { createSeededRandom, createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import type { AnswerSummary } from '../ask-contract.ts';
import type { AskRequest } from '../ask-request.ts';
import { createFinisher, type FinisherOptions } from './finisher.ts';

const order: FinishAnswer = {
  ...{ request: 'r-1', epoch: 5, replyTo: 'device-1', question: 'why?', family: 'toy', modelHash: 'h' },
  ...{ exit: 0, maxTokens: 64, draftExit: 1, drafted: [3, 4] },
};

/** An edge whose answers are whole and of `exit`, as far as `reach` says. */
async function open(options: FinisherOptions & { readonly reach?: () => number } = {}) {
  const { reach = () => 4, ...rest } = options;
  const clock = createVirtualClock();
  const random = createSeededRandom(1);
  const disk = createMemoryDisk({ random });
  const store = await openDurableStore({ files: disk.files, clock, random }, { folder: '/s' });
  const asked: AskRequest[] = [];
  const marks = { committed: 1, committedBytes: 1, edgeBytes: 1, finished: true };
  const revision = {
    session: 's',
    sequence: 1,
    tier: 'cloud' as const,
    exit: 4,
    modelHash: 'h',
    confidence: 1,
    ageMs: 1,
  };
  const references = [{ tier: 'cloud', node: 'cloud-1', exit: 4, format: 'fp32', from: 0 }];
  const summary = { session: 's', outcome: 'complete', exit: 4, reasons: [], references } as unknown as AnswerSummary;
  const collaborators = {
    ...{ store, clock, reach, tier: 'edge' as const, family: 'toy', modelHash: 'h' },
    answer: async (request: AskRequest) => {
      asked.push(request);
      return { revision: { ...revision, ...marks, text: 'because' }, summary };
    },
  };
  const finisher = createFinisher(collaborators, rest);
  let items = 0;
  const bring = async (change: Partial<FinishAnswer> = {}, ageMs = 0): Promise<void> => {
    const payload = finishAnswerPayload.encode({ ...order, ...change });
    const item = {
      id: `item-${items++}`,
      from: 'device-1',
      kind: 'answer.finish',
      payload,
      ageMs,
      ageUncertain: false,
    };
    const changes = await finisher.handler.receive(item);
    if (changes.length > 0) await store.commit(changes);
  };
  return { clock, store, asked, finisher, bring };
}

test('an answer is made from what the sender had, and sent home in the commit that ends the job', async () => {
  const { clock, store, asked, bring } = await open();
  await bring();
  await clock.advance(10);
  expect(asked).toMatchObject([{ question: 'why?', maxTokens: 64, drafted: { exit: 1, tokens: [3, 4] } }]);
  expect(asked[0]?.id).toBeUndefined();
  expect(store.entries()).toMatchObject([{ to: { node: 'device-1' }, kind: 'answer.finished', priority: 'normal' }]);
  expect(store.records('job').size).toBe(0);
});

test('the same epoch once more, or an older one, is not done again; a newer one is', async () => {
  const { clock, asked, bring } = await open();
  for (const epoch of [5, 5, 4]) {
    await bring({ epoch });
    await clock.advance(10);
  }
  expect(asked).toHaveLength(1);
  await bring({ epoch: 6 });
  await clock.advance(10);
  expect(asked).toHaveLength(2);
});

test('an id that was given to another question is another job, whatever its epoch', async () => {
  const { clock, asked, bring } = await open();
  await bring();
  await clock.advance(10);
  await bring({ epoch: 2, question: 'how?' });
  await clock.advance(10);
  expect(asked.map(({ question }) => question)).toEqual(['why?', 'how?']);
});

test('a newer epoch takes the place of one that waits', async () => {
  let reach = 1;
  const { clock, store, asked, bring } = await open({ reach: () => reach });
  await bring();
  await bring({ epoch: 9 });
  await clock.advance(60_000);
  expect(asked).toEqual([]);
  expect(store.records('job').size).toBe(1);
  reach = 4;
  await clock.advance(2000);
  expect(asked).toHaveLength(1);
});

test.each([
  ['family', { family: 'other' }],
  ['weights', { modelHash: 'x' }],
])('another %s is refused for ever', async (_, change) => {
  const { bring } = await open();
  await expect(bring(change)).rejects.toMatchObject({ code: 'failed-precondition' });
});

test('no more jobs are taken than may wait', async () => {
  const { bring } = await open({ maxJobs: 2, reach: () => 1 });
  await bring({ request: 'a' });
  await bring({ request: 'b' });
  await expect(bring({ request: 'c' })).rejects.toMatchObject({ code: 'resource-exhausted' });
  await bring({ request: 'b', epoch: 6 });
});

test('what nobody could do better in time goes home as such', async () => {
  const { clock, store, asked, bring } = await open({ reach: () => 1, maxAgeMs: 60_000 });
  await bring({}, 50_000);
  await clock.advance(12_000);
  expect(asked).toEqual([]);
  expect(store.records('job').size).toBe(0);
  expect(store.entries()).toMatchObject([{ kind: 'answer.finished', to: { node: 'device-1' } }]);
});
