// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll } from 'vitest';
import type { RelayingEngine } from '../src/engine.ts';
import { createRandomEngine, createWorkspace, type Workspace } from './engines.ts';

export const EXITS: readonly number[] = [1, 3, 4];
export const WIDTH = 32;
/** Past two prefill blocks and into a third. */
export const PROMPT: readonly number[] = Array.from({ length: 131 }, (_, index) => 4 + ((index * 37) % 256));

/** Engines over one random family. */
export interface RelayEngines {
  readonly workspace: Workspace;
  readonly whole: RelayingEngine;
  /** The engine that holds the trunk from `layer` on. */
  upper(layer: number): RelayingEngine;
}

/** Makes them before the tests of the calling file and ends them after. */
export function useRelayEngines(): RelayEngines {
  let workspace: Workspace | undefined;
  const byLayer = new Map<number, RelayingEngine>();
  const held = (layer: number): RelayingEngine => {
    const engine = byLayer.get(layer);
    if (engine === undefined) throw new Error(`no engine from layer ${layer}: engines start before the tests`);
    return engine;
  };
  beforeAll(async () => {
    workspace = await createWorkspace();
    byLayer.set(0, await createRandomEngine(workspace));
    for (const fromLayer of EXITS) {
      const exits = EXITS.filter(exit => exit >= fromLayer);
      byLayer.set(fromLayer, await createRandomEngine(workspace, {}, { exits, fromLayer }));
    }
  }, 60_000);
  afterAll(async () => {
    for (const engine of byLayer.values()) await engine[Symbol.asyncDispose]();
    await workspace?.[Symbol.asyncDispose]();
  });
  return {
    get workspace() {
      if (workspace === undefined) throw new Error('the workspace is made before the tests');
      return workspace;
    },
    get whole() {
      return held(0);
    },
    upper: held,
  };
}

/** Rows that each stage has computed so far. */
export async function rowsByStage(engine: RelayingEngine): Promise<Record<string, number>> {
  const { stages } = await engine.status();
  return Object.fromEntries(stages.map(({ id, rows }) => [id.replace(/-rung-.*/, ''), rows]));
}
