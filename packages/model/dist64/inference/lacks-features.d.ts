import { AiflowError } from '@aiflow/protocol';
import type { RowRange } from './range-feeds.ts';
/**
 * The error that asks a sender for hidden states: `failed-precondition`, with the session, the layer and the positions
 * (`from` to `to - 1`) in its details.
 */
export declare function lacksFeatures(session: string, layer: number, { from, to }: RowRange): AiflowError;
//# sourceMappingURL=lacks-features.d.ts.map
