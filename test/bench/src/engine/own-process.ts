// SPDX-License-Identifier: Apache-2.0
//
// Our engine alone in a process: `node own-process.js FAMILY_FOLDER CACHE_FOLDER`.
import type { ComputeFormat } from '@aiflow/model';
import { serveCommands } from '../harness/driven-process.ts';
import { type BatchFigures, openBatches } from './own/batches.ts';
import { type CallFigures, measureLoad, openCalls } from './own/calls.ts';
import { type CutFigures, openCuts } from './own/cuts.ts';
import { type MemoryFigures, measureMemory } from './own/memory.ts';
import { createOwnEngines } from './own/own-engine.ts';
import { measureRecycling, type RecyclingFigures } from './own/recycling.ts';
import type { BatchWork } from './own-rows.ts';

/** What the bench asks for, by kind. */
export interface OwnRequests {
  readonly batch: { readonly format: ComputeFormat; readonly work: BatchWork; readonly sessions: number };
  readonly cuts: { readonly format: ComputeFormat };
  readonly calls: { readonly format: ComputeFormat };
  readonly load: { readonly format: ComputeFormat };
  readonly memory: { readonly requests: number };
  readonly recycling: object;
}

/** A request with its kind. */
export type OwnCommand = {
  readonly [Kind in keyof OwnRequests]: { readonly kind: Kind } & OwnRequests[Kind];
}[keyof OwnRequests];

/** What comes back, by kind. */
export interface OwnFigures {
  readonly batch: BatchFigures;
  readonly cuts: CutFigures;
  readonly calls: CallFigures;
  readonly load: number;
  readonly memory: MemoryFigures;
  readonly recycling: RecyclingFigures;
}

const [familyFolder = '', cacheFolder = ''] = process.argv.slice(2);
const opened = new Map<string, Promise<unknown>>();
const own = await createOwnEngines({ familyFolder, cacheFolder });
serveCommands<OwnCommand>(execute);

async function execute(command: OwnCommand): Promise<OwnFigures[OwnCommand['kind']]> {
  switch (command.kind) {
    case 'batch': {
      const { format, work, sessions } = command;
      return (await kept(`batch ${format}`, () => openBatches(own, format))).measure(work, sessions);
    }
    case 'cuts':
      return (await kept(`cuts ${command.format}`, () => openCuts(own, command.format))).measure();
    case 'calls':
      return (await kept(`calls ${command.format}`, () => openCalls(own, command.format))).measure();
    case 'load':
      return measureLoad(own, command.format);
    case 'memory':
      return measureMemory(own, command.requests);
    case 'recycling':
      return measureRecycling(own);
  }
}

/** Engines stay open from round to round. */
function kept<Opened>(key: string, open: () => Promise<Opened>): Promise<Opened> {
  const held = opened.get(key) as Promise<Opened> | undefined;
  if (held !== undefined) return held;
  const opening = open();
  opened.set(key, opening);
  return opening;
}
