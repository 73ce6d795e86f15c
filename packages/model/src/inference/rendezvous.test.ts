// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRendezvous, type RendezvousService } from './rendezvous.ts';

interface Wish {
  readonly floor: number;
}

/** Serves the lowest floor that is asked for and notes who went together. */
function lowestFirst(served: number[][]): RendezvousService<Wish, number> {
  return {
    choose: waiting => {
      const lowest = Math.min(...waiting.map(({ floor }) => floor));
      return waiting.filter(({ floor }) => floor === lowest);
    },
    serve: async wishes => {
      served.push(wishes.map(({ floor }) => floor));
      return wishes.map(({ floor }) => ({ status: 'fulfilled', value: 10 * floor }));
    },
  };
}

test('members that ask for the same things are served together throughout', async () => {
  const served: number[][] = [];
  const rendezvous = createRendezvous(3, lowestFirst(served));
  await Promise.all(
    [1, 2, 3].map(async () => {
      const member = rendezvous.join();
      for (const floor of [0, 1, 0, 1]) expect(await member.ask({ floor })).toBe(10 * floor);
      member.leave();
    }),
  );
  expect(served).toEqual([
    [0, 0, 0],
    [1, 1, 1],
    [0, 0, 0],
    [1, 1, 1],
  ]);
});

test('whatever members ask for, pause for and fail at, each gets its own answers and all end', async () => {
  const step = fc.record({ floor: fc.nat(3), pauses: fc.nat(3) });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 6 }), { minLength: 1, maxLength: 5 }), async plans => {
      const served: number[][] = [];
      const rendezvous = createRendezvous(plans.length, lowestFirst(served));
      const answers = await Promise.all(
        plans.map(async plan => {
          const member = rendezvous.join();
          const got: number[] = [];
          for (const { floor, pauses } of plan) {
            for (let pause = 0; pause < pauses; pause++) await Promise.resolve();
            got.push(await member.ask({ floor }));
          }
          member.leave();
          return got;
        }),
      );
      expect(answers).toEqual(plans.map(plan => plan.map(({ floor }) => 10 * floor)));
      expect(served.flat().length).toBe(plans.flat().length);
    }),
    { numRuns: 60, seed: 3 },
  );
});

test('a member that leaves is waited for no more', async () => {
  const served: number[][] = [];
  const rendezvous = createRendezvous(2, lowestFirst(served));
  const [first, second] = [rendezvous.join(), rendezvous.join()];
  const waits = first.ask({ floor: 1 });
  await Promise.resolve();
  expect(served).toEqual([]);
  second.leave();
  expect(await waits).toBe(10);
});

test('a request that fails fails its member alone; when serving breaks, all that were served fail', async () => {
  const rendezvous = createRendezvous<Wish, number>(2, {
    choose: waiting => waiting,
    serve: async wishes => {
      if (wishes.some(({ floor }) => floor > 8)) throw new Error('broken');
      return wishes.map(({ floor }) =>
        floor > 4
          ? { status: 'rejected', reason: new Error(`no floor ${floor}`) }
          : { status: 'fulfilled', value: floor },
      );
    },
  });
  const [first, second] = [rendezvous.join(), rendezvous.join()];
  const outcomes = await Promise.allSettled([first.ask({ floor: 5 }), second.ask({ floor: 2 })]);
  expect(outcomes).toMatchObject([{ reason: { message: 'no floor 5' } }, { value: 2 }]);
  const broken = await Promise.allSettled([first.ask({ floor: 9 }), second.ask({ floor: 2 })]);
  expect(broken).toMatchObject([{ reason: { message: 'broken' } }, { reason: { message: 'broken' } }]);
});
