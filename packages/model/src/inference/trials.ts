// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { BufferPool } from '../cache/buffer-pool.ts';
import type { InformationRequest, VerifyCurveRequest, VerifyPoint } from '../requests/measure-request.ts';
import { createCallContext } from './call-context.ts';
import { checkOpen } from './check-request.ts';
import type { DecodeContext } from './decoder.ts';
import { createStandIn } from './embedding.ts';
import { rungsOfExit } from './find-rungs.ts';
import { measureInformation } from './information.ts';
import type { LoadedFamily } from './load-family.ts';
import type { Pacing } from './pacing.ts';
import { createSession } from './session.ts';
import type { StageCosts } from './stage-costs.ts';
import { measureCurve, spreadTokens } from './verify-curve.ts';

/** What trials work with. */
export interface TrialParts {
  readonly clock: Clock;
  readonly loaded: LoadedFamily;
  readonly pool: BufferPool;
  readonly costs: StageCosts;
}

/** Measurements on sessions that end with them. */
export interface Trials {
  measureBits(request: InformationRequest, pacing: Pacing): Promise<number>;
  measureVerifyCurve(request: VerifyCurveRequest, pacing: Pacing): Promise<readonly VerifyPoint[]>;
}

/** Where layers below `fromLayer` are not loaded, time is measured on made-up states; bits cannot be. */
export function createTrials(parts: TrialParts, { fromLayer }: { readonly fromLayer: number }): Trials {
  const { manifest, serving } = parts.loaded;
  const { dimensions } = manifest;
  const embedding = fromLayer === 0 ? parts.loaded.embedding : createStandIn(dimensions, fromLayer);
  const onTrial = <Result>(
    { exit, prompt, pacing }: { readonly exit: number; readonly prompt: readonly number[]; readonly pacing: Pacing },
    work: (context: DecodeContext) => Promise<Result>,
  ): Promise<Result> =>
    serving.during(async byExit => {
      const request = { session: 'trial', prompt };
      checkOpen(request, dimensions);
      const session = createSession(parts.pool, request, dimensions);
      const place = { session, rungs: rungsOfExit(byExit, exit), pacing, countRefilled: () => undefined };
      try {
        return await work(createCallContext({ manifest, embedding, costs: parts.costs, clock: parts.clock }, place));
      } finally {
        session.release();
      }
    });
  return {
    measureBits: async ({ exit, ids }, pacing) => {
      if (fromLayer > 0) throw lacksTrunk(fromLayer);
      return onTrial({ exit, prompt: ids.slice(0, dimensions.context), pacing }, measureInformation);
    },
    measureVerifyCurve: ({ exit, tokens, promptLength = 128, repeats = 5 }, pacing) => {
      const prompt = spreadTokens(Math.min(promptLength, dimensions.context >> 1), dimensions.vocabulary);
      return onTrial({ exit, prompt, pacing }, context => measureCurve(context, parts, { tokens, repeats }));
    },
  };
}

function lacksTrunk(fromLayer: number): AiflowError {
  return new AiflowError(
    'failed-precondition',
    `this engine holds the trunk from layer ${fromLayer} on: ask one that holds it from 0 on what a text costs`,
  );
}
