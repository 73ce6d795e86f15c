// SPDX-License-Identifier: Apache-2.0
//
// An hour passes here in virtual time: over the memory network for what answers, over the members' table alone for who is
// known.
import { expect, test } from 'vitest';
import { createMembership } from '../../packages/mesh/src/membership.ts';
import { sampleAdvert } from '../../packages/mesh/test/sample-advert.ts';
import { DEVICE, EDGE, startToyFleet } from '../../packages/roles/test/toy-fleet.ts';

const HOUR_MS = 3_600_000;
const BEAT_MS = 1000;
const DEVICES = 20;
const self = { node: 'edge-1', site: 's', tier: 'edge', bootId: 'own', bootWallMs: 0, publicKey: 'own-key' } as const;

test('devices that leave or die and return after an hour are found again, and the table holds each once', () => {
  const table = createMembership({
    ...{ self, suspectAfterMs: 3500, deadAfterMs: 6000, forgetAfterMs: 300_000, answerEveryMs: 200, maxMembers: 64 },
  });
  const hear = (device: number, round: number, fields: object, nowMs: number): readonly { readonly do: string }[] => {
    const node = `device-${device}`;
    // Odd ones come back as the same process that was cut off, even ones as a new boot of their key.
    const boot = device % 2 === 0 ? round : 0;
    const place = { node, publicKey: `key-${device}`, bootId: `boot-${boot}`, bootWallMs: boot * HOUR_MS };
    const advert = sampleAdvert({ ...place, sequence: round * 1000 + 1, ...fields });
    return table.observe({ advert, signedBytes: Buffer.from(node), route: 'direct' }, nowMs);
  };
  for (let round = 0; round < 24; round++) {
    const beganMs = round * HOUR_MS;
    for (let device = 0; device < DEVICES; device++) {
      const actions = hear(device, round, {}, beganMs);
      expect(actions.map(action => action.do)).toContain('admit');
    }
    const present = table.members(beganMs);
    expect(present.map(({ node, state }) => `${node} ${state}`).sort()).toEqual(
      Array.from({ length: DEVICES }, (_, device) => `device-${device} alive`).sort(),
    );
    for (let device = 0; device < DEVICES; device += 4) {
      hear(device, round, { sequence: round * 1000 + 2, state: 'left' }, beganMs);
    }
    let forgotten = 0;
    for (let nowMs = beganMs; nowMs < beganMs + HOUR_MS; nowMs += BEAT_MS) {
      forgotten += table.tick(nowMs).filter(action => action.do === 'forget').length;
    }
    expect(forgotten).toBe(DEVICES);
    expect(table.members(beganMs + HOUR_MS)).toEqual([]);
  }
  expect(table.counters).toEqual({ stale: 0, refused: 0, overflow: 0 });
});

test('a device whose edge is away for an hour answers alone meanwhile, and with it afterwards; nothing is left open', async () => {
  const fleet = await startToyFleet({ nodes: [DEVICE, EDGE] });
  const request = { question: 'which way?', exit: 3, deadlineMs: 5000 };
  const judges = async (): Promise<readonly string[]> =>
    ((await fleet.ask(request)).summary?.references ?? []).map(({ node }) => node);
  expect(await judges()).toContain('edge-1');
  await fleet.kill('edge-1');
  await fleet.clock.advance(60_000);
  const timersBefore = fleet.clock.pendingTimers;
  const beganMs = fleet.clock.nowMs();
  for (let minute = 1; minute <= 60; minute++) {
    const { revisions, error } = await fleet.ask({ question: 'which way?', tiers: 'local', deadlineMs: 5000 });
    expect(error).toBeUndefined();
    expect(revisions.at(-1)?.text).not.toBe('');
    await fleet.clock.advance(beganMs + minute * 60_000 - fleet.clock.nowMs());
  }
  expect(fleet.clock.nowMs() - beganMs).toBe(HOUR_MS);
  const waiting = fleet
    .system('device-1')
    .actors()
    .reduce((sum, { mailboxDepth }) => sum + mailboxDepth, 0);
  expect({ waiting, timers: fleet.clock.pendingTimers }).toEqual({ waiting: 0, timers: timersBefore });
  await fleet.start('edge-1');
  expect(await judges()).toContain('edge-1');
});
