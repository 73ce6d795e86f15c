// SPDX-License-Identifier: Apache-2.0
//
// T4 on stages made of hashes: whatever rows came when, in whatever order and rounding, a session says what the canonical
// run over the same tokens and the same received rows says.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type HashedEngine, HIDDEN, hash, openHashed } from '../../test/hashed-stages.ts';
import { draftTokens, verifyTokens } from './decoder.ts';
import { advanceTrunk } from './ladder.ts';
import { startOfBlock } from './prefill-blocks.ts';
import { readState, writeState } from './relay-state.ts';

/** Rows that a session received, by layer: what the canonical run gets too. */
type Received = Map<number, { from: number; rows: Float32Array }[]>;

function crop(received: Received, layer: number, row: number): void {
  const kept = (received.get(layer) ?? []).filter(span => span.from < row);
  received.set(
    layer,
    kept.map(({ from, rows }) => ({ from, rows: rows.slice(0, (row - from) * HIDDEN) })),
  );
}

async function canonicalRun(engine: HashedEngine, received: Received): Promise<HashedEngine> {
  const { session } = engine;
  const run = openHashed(session.tokens(0, session.promptLength));
  run.session.replaceFrom(0, session.tokens(session.promptLength, session.length));
  for (const layer of [1, 2, 3]) {
    for (const { from, rows } of received.get(layer) ?? []) {
      if (from > 0) await advanceTrunk(run.at(layer), layer, { rows: from, blockRows: 1 });
      run.session.logOf(layer).receive(from, rows);
    }
  }
  return run;
}

/** Another engine's states over the same tokens: its own blocks, the last bits changed on the wire. */
async function relay(
  engine: HashedEngine,
  received: Received,
  plan: { layer: number; back: number; cache: boolean; lossy: number },
): Promise<void> {
  const { session } = engine;
  const { layer, back, lossy } = plan;
  // A sender that has not got the same rows further down has other keys and values, which the canonical run lacks.
  const cache = plan.cache && [1, 2].every(below => below >= layer || received.get(below)!.length === 0);
  const sender = openHashed(session.tokens(0, session.promptLength));
  sender.session.replaceFrom(0, session.tokens(session.promptLength, session.length));
  if (cache) await advanceTrunk(sender.at(layer), layer, { rows: session.length, blockRows: 1 });
  const held = session.logOf(layer).length;
  const keysHeld = Math.min(...engine.at(layer).rungs.trunk.map(stage => session.cacheOf(stage).length));
  const latest = Math.min(held, cache ? keysHeld : held, session.length - 1);
  const from = Math.max(0, latest - back);
  const state = await readState(sender.at(layer), { layer, from, includeCache: cache });
  const hidden = state.hidden.map((value, index) => (index % HIDDEN === 1 && lossy > 0 ? hash(value, lossy) : value));
  writeState(engine.at(layer), { ...state, hidden });
  crop(received, layer, from);
  received.get(layer)!.push({ from, rows: hidden });
  for (const above of [1, 2, 3]) if (above > layer) crop(received, above, startOfBlock(session, from));
}

const depth = fc.integer({ min: 1, max: 3 });
const operation = fc.oneof(
  fc.record({ kind: fc.constant('draft' as const), exit: depth, count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant('verify' as const), exit: depth, propose: fc.nat(12), wrongAt: fc.nat(20) }),
  fc.record({ kind: fc.constant('crop' as const), back: fc.integer({ min: 1, max: 5 }) }),
  fc.record({
    ...{ kind: fc.constant('relay' as const), layer: depth, back: fc.oneof(fc.nat(3), fc.nat(150)) },
    ...{ cache: fc.boolean(), lossy: fc.nat(2) },
  }),
);

test('whatever rows came when, a session says what the canonical run with the same rows says', async () => {
  const prompts = fc.array(fc.integer({ min: 4, max: 60 }), { minLength: 1, maxLength: 140, size: 'max' });
  let relays = 0;
  let differing = 0;
  await fc.assert(
    fc.asyncProperty(prompts, fc.array(operation, { minLength: 5, maxLength: 12 }), async (prompt, plan) => {
      const engine = openHashed(prompt);
      const plain = openHashed(prompt);
      const received: Received = new Map([1, 2, 3].map(layer => [layer, []]));
      const { session } = engine;
      for (const step of plan) {
        const base = session.answerLength;
        switch (step.kind) {
          case 'relay':
            await relay(engine, received, step);
            relays++;
            break;
          case 'crop': {
            const kept = Math.max(0, base - step.back);
            session.replaceFrom(kept, []);
            for (const layer of [1, 2, 3]) crop(received, layer, session.promptLength + kept);
            break;
          }
          case 'draft': {
            const truth = await draftTokens((await canonicalRun(engine, received)).at(step.exit), step.count);
            plain.session.replaceFrom(0, session.tokens(session.promptLength, session.length));
            const unrelayed = await draftTokens(plain.at(step.exit), step.count);
            if (unrelayed.tokens.some((token, index) => token !== truth.tokens[index])) differing++;
            expect((await draftTokens(engine.at(step.exit), step.count)).tokens).toEqual(truth.tokens);
            break;
          }
          case 'verify': {
            const truth = await draftTokens((await canonicalRun(engine, received)).at(step.exit), step.propose + 1);
            const proposed = truth.tokens.slice(0, step.propose);
            session.replaceFrom(
              base,
              proposed.map((token, index) => (index === step.wrongAt ? 63 : token)),
            );
            const { accepted, correction } = await verifyTokens(engine.at(step.exit), base);
            expect(accepted).toBe(Math.min(step.wrongAt, proposed.length));
            expect(correction).toBe(truth.tokens[accepted]);
          }
        }
      }
    }),
    { numRuns: 120, endOnFailure: true, seed: 7 },
  );
  expect(relays).toBeGreaterThan(150);
  expect(differing).toBeGreaterThan(20);
});

test('rows received from an engine that computed them in blocks are taken as they are, and said to be so', async () => {
  const engine = openHashed([9, 8, 7]);
  engine.session.replaceFrom(0, [5, 6, 7, 8]);
  const sender = openHashed([9, 8, 7]);
  sender.session.replaceFrom(0, [5, 6, 7, 8]);
  const state = await readState(sender.at(1), { layer: 1, from: 0, includeCache: false });
  expect(state.canonicalRows).toBe(3);
  writeState(engine.at(1), state);
  const onward = await readState(engine.at(2), { layer: 2, from: 0, includeCache: false });
  expect(onward.canonicalRows).toBe(3);
  engine.session.replaceFrom(0, []);
  const { tokens } = await draftTokens(engine.at(2), 2);
  const alone = await draftTokens(openHashed([9, 8, 7]).at(2), 2);
  expect(tokens).toEqual(alone.tokens);
  const after = await readState(engine.at(2), { layer: 2, from: 0, includeCache: false });
  expect(after.canonicalRows).toBe(5);
});
