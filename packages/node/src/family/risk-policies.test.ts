// SPDX-License-Identifier: Apache-2.0
import type { ConfidenceEntry, FamilyManifest } from '@aiflow/model';
import { expect, test } from 'vitest';
import { riskPolicies } from './risk-policies.ts';

const entry = (risk: number, margin: number): ConfidenceEntry => ({ risk, margin });

function manifest(...confidence: readonly (readonly ConfidenceEntry[])[]): Pick<FamilyManifest, 'family' | 'exits'> {
  const exits = confidence.map((entries, index) => ({ depth: 2 * index + 1, confidence: entries }));
  return { family: 'toy', exits } as unknown as FamilyManifest;
}

test('each risk that an exit above the last states has one policy, the smallest first', () => {
  const policies = riskPolicies(manifest([entry(0.05, 1), entry(0.01, 3)], [entry(0.05, 2)], []));
  expect(policies.map(({ risk }) => risk)).toEqual([0.01, 0.05]);
  expect(policies.map(({ policy }) => policy.kind)).toEqual(['confidence', 'confidence']);
});

test('a family without a confidence table has none', () => {
  expect(riskPolicies(manifest([], []))).toEqual([]);
});
