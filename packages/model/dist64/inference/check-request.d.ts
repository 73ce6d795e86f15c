import type { OpenRequest } from '../engine.ts';
import type { Dimensions } from '../manifest/manifest.ts';
/** Refuses ids outside the vocabulary. */
export declare function checkTokens(what: string, tokens: readonly number[], { vocabulary }: Dimensions): void;
/** Refuses what no session could be made of. */
export declare function checkOpen(request: OpenRequest, dimensions: Dimensions): void;
/** Refuses a base beyond the answer that is held. */
export declare function checkBase(session: string, base: number, held: number): void;
/** Refuses what is not a whole number of things. */
export declare function checkCount(what: string, count: number): void;
//# sourceMappingURL=check-request.d.ts.map
