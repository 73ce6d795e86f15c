// SPDX-License-Identifier: Apache-2.0
import type { StoredTensors } from './safetensors.ts';

/** Weights in the tensors of some segments: every element but the scales of quantisation. */
export function countParameters(segments: Iterable<StoredTensors>): number {
  let count = 0;
  for (const tensors of segments) {
    for (const [name, { shape }] of tensors) {
      if (!name.endsWith('.scale')) count += shape.reduce((product, extent) => product * extent, 1);
    }
  }
  return count;
}
