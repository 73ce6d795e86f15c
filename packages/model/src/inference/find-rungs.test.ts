// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { rungsAtLayer, rungsOfExit } from './find-rungs.ts';
import type { Rungs } from './rungs.ts';
import type { Stage } from './stage.ts';

const stage = (from: number): Stage => ({ from }) as Stage;
const rungs = (trunk: readonly number[], exit: number): Rungs => ({
  trunk: trunk.map(stage),
  exit: stage(exit),
  rung: 1,
});
const byExit = new Map([
  [3, rungs([0], 3)],
  [8, rungs([0, 3], 8)],
]);

test('an exit that is not loaded is refused with those that are', () => {
  expect(rungsOfExit(byExit, 8)).toBe(byExit.get(8));
  expect(() => rungsOfExit(byExit, 11)).toThrow('exit 11 is not loaded: this engine holds 3, 8');
});

test('a layer is entered where a stage begins, at the shallowest exit that has the cut', () => {
  expect(rungsAtLayer(byExit, 3)).toBe(byExit.get(3));
  expect(rungsAtLayer(byExit, 8)).toBe(byExit.get(8));
});

test('a layer between cuts is refused with the cuts, and before the first layer nothing can be entered', () => {
  expect(() => rungsAtLayer(byExit, 5)).toThrow('layer 5 is no cut of this engine: it has 3, 8');
  expect(() => rungsAtLayer(byExit, 0)).toThrow('layer 0 is no cut');
});
