/** One tensor of a safetensors file: a view on the file's bytes, little-endian, row-major. */
export interface StoredTensor {
  readonly type: 'I8' | 'F32';
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}
/** The tensors of one file by name. */
export type StoredTensors = ReadonlyMap<string, StoredTensor>;
/**
 * Reads a safetensors file: eight bytes of header length, a JSON header, the data. Whatever it says is checked against
 * the bytes that are there before it is used.
 *
 * @throws AiflowError `data-loss` naming file, tensor and the values that disagree.
 */
export declare function readSafetensors(bytes: Uint8Array, file: string): StoredTensors;
/** Finds a tensor and checks type and shape. `data-loss` names both shapes. */
export declare function findTensor(
  tensors: StoredTensors,
  name: string,
  expected: {
    readonly type: StoredTensor['type'];
    readonly shape: readonly number[];
  },
): StoredTensor;
/** The values of an F32 tensor; copied where the file's layout does not align them. */
export declare function floatValues({ bytes }: StoredTensor): Float32Array;
/** A vector of fp32 weights, all finite. `data-loss` names what is not. */
export declare function readVector(tensors: StoredTensors, name: string, length: number): Float32Array;
/** The values of an I8 tensor, as a view. */
export declare function integerValues({ bytes }: StoredTensor): Int8Array;
//# sourceMappingURL=safetensors.d.ts.map
