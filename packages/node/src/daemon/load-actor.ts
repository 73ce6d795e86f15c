// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ActorDefinition } from '@aiflow/actor';
import { withTimeLimit } from '@aiflow/decode';
import { AiflowError, parseName } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';

/** An actor as a node's configuration names it. */
export interface ActorModule {
  /** Path relative to `baseFolder`. */
  readonly module: string;
  readonly name?: string | undefined;
}

/** What bounds the loading of a module, whose own top-level code may wait for anything. */
export interface LoadActorOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Default 10 000. */
  readonly limitMs?: number;
}

/**
 * Loads a user's actor from a TypeScript or JavaScript file: its default export, made by `defineActor`.
 * Throws `not-found` for a missing file, `invalid-argument` for one that fails to load or exports no actor, and
 * `deadline-exceeded` for one that does not finish loading.
 */
export async function loadActor(
  actor: ActorModule,
  baseFolder: string,
  { clock, signal, limitMs = 10_000 }: LoadActorOptions,
): Promise<ActorDefinition> {
  const file = resolve(baseFolder, actor.module);
  if (!existsSync(file)) {
    throw new AiflowError(
      'not-found',
      `actor module ${file} does not exist: check actors[].module, which is relative to the config file`,
    );
  }
  const what = `loading actor module ${file}, with whatever it awaits at its top level,`;
  const definition = await withTimeLimit({ clock, limitMs, what, signal }, () => importDefault(file));
  if (!isActorDefinition(definition)) {
    throw new AiflowError(
      'invalid-argument',
      `actor module ${file} has no actor as its default export: write export default defineActor({ ... })`,
    );
  }
  return actor.name === undefined ? definition : { ...definition, name: parseName('actor', actor.name) };
}

async function importDefault(file: string): Promise<unknown> {
  try {
    const { createJiti } = await import('jiti'); // many nodes have no actors of their own
    // Node 20 can't read TypeScript. Our own packages stay out of the transformation, so that there is one copy of them.
    const jiti = createJiti(import.meta.url, {
      fsCache: false, // its cache would outlive us in the folder for temporary files
      nativeModules: ['@aiflow/actor', '@aiflow/protocol', '@aiflow/time'],
      interopDefault: false,
    });
    const loaded = await jiti.import<{ readonly default?: unknown }>(pathToFileURL(file).href);
    return loaded.default;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AiflowError('invalid-argument', `actor module ${file} can't be loaded: ${reason}`, { cause });
  }
}

function isActorDefinition(value: unknown): value is ActorDefinition {
  if (typeof value !== 'object' || value === null) return false;
  const candidate = value as Partial<ActorDefinition>;
  return (
    typeof candidate.name === 'string' && typeof candidate.create === 'function' && Array.isArray(candidate.handlers)
  );
}
