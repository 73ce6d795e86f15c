import './silence-runtime.ts';
import { Tensor } from 'onnxruntime-node';
/** A tensor to feed. Floats are read in place, so the buffer must not change until the run has ended. */
export type Feed = Tensor;
/** What a run returns, by name. */
export interface Fetched {
  floats(name: string): Float32Array;
  integers(name: string): Int32Array;
}
/** A loaded graph. */
export interface GraphRunner {
  /** Blocks the thread while it computes. */
  run(feeds: Readonly<Record<string, Feed>>): Promise<Fetched>;
  release(): Promise<void>;
}
/** Part of every cached graph's key: another runtime may want another graph. */
export declare const RUNTIME_VERSION: string;
/**
 * Loads a model from a file or from its bytes.
 *
 * @throws AiflowError `internal` with the runtime's words when it refuses the graph.
 */
export declare function loadGraph(
  model: string | Uint8Array,
  {
    threads,
  }: {
    readonly threads: number;
  },
): Promise<GraphRunner>;
/** Feeds floats as they lie in `data`. */
export declare function floatFeed(data: Float32Array, shape: readonly number[]): Feed;
/** Feeds whole numbers as int64 [n]. */
export declare function integerFeed(...values: readonly number[]): Feed;
//# sourceMappingURL=graph-runtime.d.ts.map
