// SPDX-License-Identifier: Apache-2.0
import type { FamilyFolder } from '../src/manifest/family-folder.ts';
import { floatValues, integerValues, readSafetensors, type StoredTensor } from '../src/manifest/safetensors.ts';

/** A family in plain loops and double precision: what the shipped numbers mean, without cache or runtime. */
export async function createReferenceModel(family: FamilyFolder): Promise<{
  /** Logits of `exit` after the last id, at its last rung or the one given. */
  logits(ids: readonly number[], exit: number, rung?: number): number[];
}> {
  const { dimensions: d, segments } = family.manifest;
  const all = new Map<string, StoredTensor>();
  /** The components that each rung adds, lowest first. */
  const rungs = new Map<string, StoredTensor[]>();
  for (const segment of segments) {
    for (const [name, tensor] of readSafetensors(await family.read(segment), segment.file)) {
      all.set(name, tensor);
      rungs.set(name, [...(rungs.get(name) ?? []), tensor]);
    }
  }
  const floats = (name: string): Float32Array => floatValues(all.get(name)!);
  const half = d.headSize / 2;

  /** The sum over the components of the rungs up to `rung` of scale * (x . left) * right. */
  const componentProduct = (x: readonly number[], name: string, rung: number): number[] => {
    const sums: number[] = [];
    for (const [index, stored] of rungs.get(`${name}.scale`)!.slice(0, rung).entries()) {
      const scale = floatValues(stored);
      const left = integerValues(rungs.get(`${name}.left`)![index]!);
      const right = integerValues(rungs.get(`${name}.right`)![index]!);
      const columns = right.length / scale.length;
      scale.forEach((factor, component) => {
        const weight = x.reduce((sum, value, row) => sum + value * left[row * scale.length + component]!, 0) * factor;
        for (let column = 0; column < columns; column++) {
          sums[column] = (sums[column] ?? 0) + weight * right[component * columns + column]!;
        }
      });
    }
    return sums;
  };
  const product = (x: readonly number[], name: string, rung: number): number[] => {
    if (rungs.has(`${name}.left`)) return componentProduct(x, name, rung);
    const weight = integerValues(all.get(`${name}.weight`)!);
    const scale = floats(`${name}.scale`);
    return Array.from(scale, (factor, column) => {
      let sum = 0;
      for (let row = 0; row < x.length; row++) sum += x[row]! * weight[row * scale.length + column]!;
      return sum * factor;
    });
  };
  const norm = (x: readonly number[], name: string): number[] => {
    const weight = floats(`${name}.weight`);
    const size = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length + d.normEpsilon);
    return x.map((value, index) => (value / size) * weight[index]!);
  };
  const rotate = (x: readonly number[], position: number): number[] =>
    x.map((value, index) => {
      const within = index % d.headSize;
      const angle = position * d.ropeTheta ** (-(within % half) / half);
      const other = within < half ? -x[index + half]! : x[index - half]!;
      return value * Math.cos(angle) + other * Math.sin(angle);
    });
  const attend = (rows: { q: number[]; k: number[]; v: number[] }[], position: number): number[] => {
    const mixed = new Array<number>(d.hidden).fill(0);
    for (let head = 0; head < d.heads; head++) {
      const part = (x: number[]): number[] => x.slice(head * d.headSize, (head + 1) * d.headSize);
      const q = part(rows[position]!.q);
      const scores = rows.slice(0, position + 1).map(row => {
        const k = part(row.k);
        return q.reduce((sum, value, index) => sum + value * k[index]!, 0) / Math.sqrt(d.headSize);
      });
      const peak = Math.max(...scores);
      const weights = scores.map(score => Math.exp(score - peak));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      weights.forEach((weight, row) => {
        part(rows[row]!.v).forEach((value, index) => {
          mixed[head * d.headSize + index]! += (weight / total) * value;
        });
      });
    }
    return mixed;
  };
  const block = (states: number[][], prefix: string, rung = Number.POSITIVE_INFINITY): number[][] => {
    const rows = states.map((x, position) => {
      const packed = product(norm(x, `${prefix}.attention_norm`), `${prefix}.attention.qkv`, rung);
      const [q, k, v] = [0, 1, 2].map(side => packed.slice(side * d.hidden, (side + 1) * d.hidden));
      return { q: rotate(q!, position), k: rotate(k!, position), v: v! };
    });
    return states.map((x, position) => {
      const attended = product(attend(rows, position), `${prefix}.attention.output`, rung);
      const middle = x.map((value, index) => value + attended[index]!);
      const packed = product(norm(middle, `${prefix}.feed_forward_norm`), `${prefix}.feed_forward.gate_up`, rung);
      const inner = packed.slice(0, d.feedForward).map((gate, index) => {
        return (gate / (1 + Math.exp(-gate))) * packed[d.feedForward + index]!;
      });
      const fed = product(inner, `${prefix}.feed_forward.down`, rung);
      return middle.map((value, index) => value + fed[index]!);
    });
  };
  return {
    logits: (ids, exit, rung) => {
      const table = integerValues(all.get('embedding.weight')!);
      const scale = floats('embedding.scale');
      const row = (id: number): number[] =>
        Array.from(table.subarray(id * d.hidden, (id + 1) * d.hidden), value => value * scale[id]!);
      let states = ids.map(row);
      for (let layer = 0; layer < exit; layer++) states = block(states, `layers.${layer}`);
      const last = norm(block(states, `exits.${exit}`, rung).at(-1)!, `exits.${exit}.norm`);
      return Array.from(scale, (_, id) => row(id).reduce((sum, value, index) => sum + value * last[index]!, 0));
    },
  };
}
