import type { StoredTensors } from './safetensors.ts';
/** Weights in a segment's tensors: every element but the scales of quantisation. */
export declare function countParameters(tensors: StoredTensors): number;
//# sourceMappingURL=count-parameters.d.ts.map
