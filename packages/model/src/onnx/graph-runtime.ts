// SPDX-License-Identifier: Apache-2.0
//
// The one place that knows onnxruntime: sessions, tensors, and what its errors mean.
import './silence-runtime.ts';
import { AiflowError } from '@aiflow/protocol';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';

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
export const RUNTIME_VERSION: string = env.versions.node ?? 'unknown';

const LOG_ERRORS_ONLY = 3;

/**
 * Loads a model from a file or from its bytes.
 *
 * @throws AiflowError `internal` with the runtime's words when it refuses the graph.
 */
export async function loadGraph(
  model: string | Uint8Array,
  { threads }: { readonly threads: number },
): Promise<GraphRunner> {
  const options: InferenceSession.SessionOptions = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    logSeverityLevel: LOG_ERRORS_ONLY,
  };
  const path = typeof model === 'string' ? model : 'made in memory';
  const opened =
    typeof model === 'string' ? InferenceSession.create(model, options) : InferenceSession.create(model, options);
  const session = await opened.catch(error => Promise.reject(runtimeError(`cannot load graph ${path}`, error)));
  return {
    run: async feeds => {
      const fetched = await session
        .run(feeds)
        .catch(error => Promise.reject(runtimeError(`graph ${path} failed`, error)));
      return {
        floats: name => fetched[name]?.data as Float32Array,
        integers: name => fetched[name]?.data as Int32Array,
      };
    },
    release: () => session.release(),
  };
}

/** Feeds floats as they lie in `data`. */
export function floatFeed(data: Float32Array, shape: readonly number[]): Feed {
  return new Tensor('float32', data, shape);
}

/** As {@link floatFeed} for a view that is fed again and again, always in the same shape: its tensor is made once. */
export function keptFloatFeed(data: Float32Array, shape: readonly number[]): Feed {
  const kept = KEPT.get(data);
  if (kept !== undefined) return kept;
  const made = floatFeed(data, shape);
  KEPT.set(data, made);
  return made;
}

const KEPT = new WeakMap<Float32Array, Feed>();

/** Feeds whole numbers as int64 [n]. */
export function integerFeed(...values: readonly number[]): Feed {
  const data = new BigInt64Array(values.length);
  for (let index = 0; index < values.length; index++) data[index] = BigInt(values[index] ?? 0);
  return new Tensor('int64', data, [values.length]);
}

/** Feeds positions as int64 [1, n]. */
export function positionFeed(positions: readonly number[]): Feed {
  return new Tensor('int64', BigInt64Array.from(positions, BigInt), [1, positions.length]);
}

function runtimeError(what: string, error: unknown): AiflowError {
  return new AiflowError('internal', `${what}: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}
