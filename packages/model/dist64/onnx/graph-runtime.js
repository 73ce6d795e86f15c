// SPDX-License-Identifier: Apache-2.0
//
// The one place that knows onnxruntime: sessions, tensors, and what its errors mean.
import './silence-runtime.js';
import { AiflowError } from '@aiflow/protocol';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
/** Part of every cached graph's key: another runtime may want another graph. */
export const RUNTIME_VERSION = env.versions.node ?? 'unknown';
const LOG_ERRORS_ONLY = 3;
/**
 * Loads a model from a file or from its bytes.
 *
 * @throws AiflowError `internal` with the runtime's words when it refuses the graph.
 */
export async function loadGraph(model, { threads }) {
  const options = {
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
        floats: name => fetched[name]?.data,
        integers: name => fetched[name]?.data,
      };
    },
    release: () => session.release(),
  };
}
/** Feeds floats as they lie in `data`. */
export function floatFeed(data, shape) {
  return new Tensor('float32', data, shape);
}
/** Feeds whole numbers as int64 [n]. */
export function integerFeed(...values) {
  const data = new BigInt64Array(values.length);
  for (let index = 0; index < values.length; index++) data[index] = BigInt(values[index] ?? 0);
  return new Tensor('int64', data, [values.length]);
}
function runtimeError(what, error) {
  return new AiflowError('internal', `${what}: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}
//# sourceMappingURL=graph-runtime.js.map
