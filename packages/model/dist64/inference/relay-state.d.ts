import type { ReadStateRequest, RelayState } from '../engine.ts';
import type { Dimensions } from '../manifest/manifest.ts';
import { type LadderContext } from './ladder.ts';
/** What handing over needs beside a session. One of the context's stages begins at the state's layer. */
export interface RelayContext extends LadderContext {
  readonly dimensions: Dimensions;
}
/** Computes and copies the states asked for; base and given tokens must have been put in place. */
export declare function readState(
  context: RelayContext,
  { layer, from, includeCache }: Pick<ReadStateRequest, 'layer' | 'from' | 'includeCache'>,
): Promise<RelayState>;
/** Takes states in (T2, T3). */
export declare function writeState(context: RelayContext, state: RelayState): void;
//# sourceMappingURL=relay-state.d.ts.map
