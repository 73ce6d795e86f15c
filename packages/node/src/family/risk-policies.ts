// SPDX-License-Identifier: Apache-2.0
import type { FamilyManifest } from '@aiflow/model';
import { resolvePolicy } from '@aiflow/roles';
import type { RiskPolicy } from './measure-question.ts';

/** One policy for each risk that the manifest states, the smallest risk first; none without a confidence table. */
export function riskPolicies(manifest: Pick<FamilyManifest, 'family' | 'exits'>): readonly RiskPolicy[] {
  const held = manifest.exits.map(({ depth }) => depth);
  const confidence = new Map(manifest.exits.map(({ depth, confidence }) => [depth, confidence]));
  const risks = new Set(manifest.exits.slice(0, -1).flatMap(exit => exit.confidence.map(({ risk }) => risk)));
  const facts = { family: manifest.family, held, last: held.at(-1) ?? 0, confidence };
  return [...risks]
    .sort((one, other) => one - other)
    .map(risk => ({ risk, policy: resolvePolicy({ risk }, facts).within }));
}
