// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type ComputeFormat, createEngine, type Logger, openFamilyFolder } from '@aiflow/model';
import { createSystemClock } from '@aiflow/time';
import type { DecodeContender, ModelFiles } from './contender.ts';

const STEP_REPEATS = 7;

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Our engine in this process, at the family's deepest exit. */
export async function openAiflow(
  format: ComputeFormat,
  { familyFolder, peerFolder }: ModelFiles,
): Promise<DecodeContender> {
  const { manifest } = await openFamilyFolder(familyFolder);
  const exit = manifest.exits.at(-1)?.depth ?? 0;
  const runtime = watchRuntime();
  const engine = await createEngine(
    { clock: createSystemClock(), logger: SILENT },
    { familyFolder, exits: [exit], format, cacheFolder: join(peerFolder, `aiflow-${format}`) },
  );
  const session = 'bench';
  return {
    decode: async (prompt, count) => {
      await engine.open({ session, prompt });
      const first = await engine.draft({ session, exit, base: 0, count: 1 });
      const runtimeBeforeMs = runtime.spentMs();
      const beganMs = performance.now();
      const rest = await engine.draft({ session, exit, base: 1, count });
      const spentMs = performance.now() - beganMs;
      return {
        tokens: [...first.tokens, ...rest.tokens],
        msPerToken: spentMs / rest.tokens.length,
        overheadShare: 1 - (runtime.spentMs() - runtimeBeforeMs) / spentMs,
      };
    },
    step: async (prompt, sizes) => {
      // A verified block computes one row more than it has tokens: that of the token before it.
      const tokens = sizes.map(size => size - 1);
      const curve = await engine.measureVerifyCurve({
        exit,
        tokens,
        promptLength: prompt.length,
        repeats: STEP_REPEATS,
      });
      return curve.map(({ ms }) => ms);
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

interface RuntimeModule {
  readonly InferenceSession: { readonly prototype: { run: (...args: unknown[]) => Promise<unknown> } };
}

/** Counts the time that the engine waits for onnxruntime, by wrapping the `run` that all its sessions share. */
function watchRuntime(): { spentMs(): number } {
  const require = createRequire(createRequire(import.meta.url).resolve('@aiflow/model'));
  const { prototype } = (require('onnxruntime-node') as RuntimeModule).InferenceSession;
  const { run } = prototype;
  let spentMs = 0;
  prototype.run = async function timed(...args) {
    const beganMs = performance.now();
    try {
      return await run.apply(this, args);
    } finally {
      spentMs += performance.now() - beganMs;
    }
  };
  return { spentMs: () => spentMs };
}
