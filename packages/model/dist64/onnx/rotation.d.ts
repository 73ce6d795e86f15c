import type { Dimensions } from '../manifest/manifest.ts';
/** cos and sin of the rotary position embedding, each [context, headSize / 2]. */
export interface RotationTables {
  readonly cosines: Float32Array;
  readonly sines: Float32Array;
}
/** Computed in steps of fp32, as the training code does, so that the tables agree with it to the last bits. */
export declare function rotationTables({ headSize, context, ropeTheta }: Dimensions): RotationTables;
//# sourceMappingURL=rotation.d.ts.map
