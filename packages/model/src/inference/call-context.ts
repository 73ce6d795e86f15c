// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@aiflow/time';
import type { FamilyManifest } from '../manifest/manifest.ts';
import type { DecodeContext } from './decoder.ts';
import type { Embedding } from './embedding.ts';
import type { Pacing } from './pacing.ts';
import type { RelayContext } from './relay-state.ts';
import type { Rungs } from './rungs.ts';
import type { Session } from './session.ts';
import type { StageCosts } from './stage-costs.ts';

/** What every call of an engine computes with. */
export interface CallFacts {
  readonly manifest: FamilyManifest;
  readonly embedding: Embedding;
  readonly costs: StageCosts;
  readonly clock: Clock;
}

/** Where a call computes. */
export interface ContextPlace {
  readonly session: Session;
  readonly rungs: Rungs;
  readonly pacing: Pacing;
}

/** Brings together what decoding on a session takes. */
export function createCallContext(
  { manifest, embedding, costs, clock }: CallFacts,
  { session, rungs, pacing, countRefilled }: ContextPlace & Pick<DecodeContext, 'countRefilled'>,
): DecodeContext & RelayContext {
  return {
    session,
    rungs,
    embedding,
    dimensions: manifest.dimensions,
    endToken: manifest.tokenizer.specials.end,
    maxRows: manifest.dimensions.context,
    costs,
    clock,
    countRefilled,
    checkpoint: () => pacing.checkpoint(),
  };
}
