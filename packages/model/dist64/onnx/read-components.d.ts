import { type StoredTensors } from '../manifest/safetensors.ts';
import type { Extent } from './block-weights.ts';
import type { FactoredMatrix } from './factored-matrix.ts';
/**
 * The components of a matrix from the lowest rungs on, side by side.
 *
 * @throws AiflowError `data-loss` naming the tensor whose shape does not fit the others or the family.
 */
export declare function readComponents(rungs: readonly StoredTensors[], name: string, extent: Extent): FactoredMatrix;
//# sourceMappingURL=read-components.d.ts.map
