// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { Rungs } from './rungs.ts';
import type { RungsByExit } from './serving-rungs.ts';

/** The stages of an exit; `not-found` names those that are loaded. */
export function rungsOfExit(byExit: RungsByExit, exit: number): Rungs {
  const found = byExit.get(exit);
  if (found !== undefined) return found;
  const held = [...byExit.keys()].join(', ');
  throw new AiflowError('not-found', `exit ${exit} is not loaded: this engine holds ${held}`, {
    details: { exit: String(exit) },
  });
}

/** Stages between which the states before `layer` can be had: an exit's there, or the first ones of the engine. `not-found` names the cuts. */
export function rungsAtLayer(byExit: RungsByExit, layer: number): Rungs {
  const cutsOf = ({ trunk, exit }: Rungs): readonly number[] => [...trunk, exit].map(stage => stage.from);
  const found = [...byExit.values()].find(rungs => layer > 0 && cutsOf(rungs).includes(layer));
  if (found !== undefined) return found;
  const cuts = [...new Set([...byExit.values()].flatMap(cutsOf))].filter(cut => cut > 0);
  throw new AiflowError('not-found', `layer ${layer} is no cut of this engine: it has ${cuts.join(', ')}`, {
    details: { layer: String(layer) },
  });
}
