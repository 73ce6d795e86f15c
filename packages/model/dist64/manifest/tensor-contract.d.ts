import type { ComputeFormat } from '../engine.ts';
import type { FamilyManifest } from './manifest.ts';
/**
 * What two engines must share to work on one session, as 16 hex digits: family, dimensions, tokenizer with its special
 * tokens, and arithmetic. It leaves out which segments are loaded: those are named by feature spaces and exits.
 */
export declare function tensorContract(manifest: FamilyManifest, format: ComputeFormat): string;
//# sourceMappingURL=tensor-contract.d.ts.map
