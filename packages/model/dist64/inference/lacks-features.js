// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
/**
 * The error that asks a sender for hidden states: `failed-precondition`, with the session, the layer and the positions
 * (`from` to `to - 1`) in its details.
 */
export function lacksFeatures(session, layer, { from, to }) {
  return new AiflowError(
    'failed-precondition',
    `session ${session} lacks the states of positions ${from} to ${to - 1} before layer ${layer}: send them first`,
    { details: { session, layer: String(layer), from: String(from), to: String(to) } },
  );
}
//# sourceMappingURL=lacks-features.js.map
