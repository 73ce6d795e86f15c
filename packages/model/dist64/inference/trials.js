// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { checkOpen } from './check-request.js';
import { createStandIn } from './embedding.js';
import { measureInformation } from './information.js';
import { createSession } from './session.js';
import { createContext, rungsOfExit } from './session-calls.js';
import { measureCurve, spreadTokens } from './verify-curve.js';
/** Where layers below `fromLayer` are not loaded, time is measured on made-up states; bits cannot be. */
export function createTrials(parts, { fromLayer }) {
  const { manifest, serving } = parts.loaded;
  const { dimensions } = manifest;
  const embedding = fromLayer === 0 ? parts.loaded.embedding : createStandIn(dimensions, fromLayer);
  const onTrial = ({ exit, prompt, pacing }, work) =>
    serving.during(async byExit => {
      const request = { session: 'trial', prompt };
      checkOpen(request, dimensions);
      const session = createSession(parts.pool, request, dimensions);
      const place = { session, rungs: rungsOfExit(byExit, exit), pacing, countRefilled: () => undefined };
      try {
        return await work(createContext({ manifest, embedding, costs: parts.costs, clock: parts.clock }, place));
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
function lacksTrunk(fromLayer) {
  return new AiflowError(
    'failed-precondition',
    `this engine holds the trunk from layer ${fromLayer} on: ask one that holds it from 0 on what a text costs`,
  );
}
//# sourceMappingURL=trials.js.map
