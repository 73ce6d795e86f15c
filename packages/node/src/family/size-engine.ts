// SPDX-License-Identifier: Apache-2.0
import { createHostedEngine, type FamilyManifest, type HostedEngine } from '@aiflow/model';
import type { MeasuredSize } from './answer-record.ts';
import type { Measuring } from './measuring.ts';

/** Exits that have a size's rung, ascending. */
export function exitsOfSize({ exits }: FamilyManifest, { rung }: MeasuredSize): readonly number[] {
  return exits.filter(({ rungs }) => rungs.length >= rung).map(({ depth }) => depth);
}

/** Starts a host that has these exits loaded in one size. */
export function openSizeEngine(
  { clock, logger, options }: Measuring,
  { format, rung }: MeasuredSize,
  exits: readonly number[],
): Promise<HostedEngine> {
  const { familyFolder, cacheFolder } = options;
  const choices = exits.map(exit => ({ exit, rung }));
  return createHostedEngine({ clock, logger }, { familyFolder, exits: choices, format, cacheFolder });
}
