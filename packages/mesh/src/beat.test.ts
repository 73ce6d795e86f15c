// SPDX-License-Identifier: Apache-2.0
import { type Clock, createSeededRandom, createVirtualClock } from '@aiflow/time';
import { describe, expect, test } from 'vitest';
import { createBeat } from './beat.ts';

function start() {
  const virtual = createVirtualClock();
  let stoodStillMs = 0;
  const clock: Clock = { ...virtual, nowMs: () => virtual.nowMs() + stoodStillMs };
  const beats: number[] = [];
  const heldUp: number[] = [];
  const beat = createBeat(
    {
      clock,
      random: createSeededRandom(3),
      onHeldUp: heldMs => void heldUp.push(heldMs),
      onBeat: nowMs => void beats.push(nowMs),
    },
    1_000,
  );
  beat.start();
  const standStill = (ms: number): void => {
    stoodStillMs += ms;
  };
  return { beat, beats, heldUp, virtual, standStill };
}

describe('a beat', () => {
  test('comes at once and then every second, give or take a fifth', async () => {
    const { beats, heldUp, virtual } = start();
    expect(beats).toEqual([0]);
    await virtual.advance(1_000_000);
    const pauses = beats.slice(1).map((atMs, index) => atMs - (beats[index] ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(800);
    expect(Math.max(...pauses)).toBeLessThan(1_200);
    expect(new Set(pauses).size).toBeGreaterThan(900);
    expect(heldUp).toEqual([]);
  });

  test('tells by how much it is late when the process stood still for longer than a beat, and only then', async () => {
    const { heldUp, virtual, standStill } = start();
    standStill(900);
    await virtual.advance(1_300);
    expect(heldUp).toEqual([]);
    standStill(7_000);
    await virtual.advance(1_300);
    expect(heldUp).toEqual([7_000]);
  });

  test('comes no more once it was stopped', async () => {
    const { beat, beats, virtual } = start();
    beat.stop();
    await virtual.advance(10_000);
    expect(beats).toEqual([0]);
  });
});
