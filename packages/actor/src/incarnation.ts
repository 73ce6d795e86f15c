// SPDX-License-Identifier: Apache-2.0

import type { TraceContext } from '@aiflow/protocol';
import { AiflowError } from '@aiflow/protocol';
import { sleep } from '@aiflow/time';
import type { ActorContext } from './actor-context.ts';
import type { ActorDefinition } from './define-actor.ts';
import type { ScopeSurroundings } from './message-scope.ts';
import type { CallSite } from './outbound.ts';
import { SiteCaller } from './site-caller.ts';
import type { Task } from './task.ts';

const START_TIMEOUT_MS = 120_000;
const DISPOSE_TIMEOUT_MS = 5_000;

/** One life of an actor, from `create` to `dispose`. A restarted actor has another. */
export interface Incarnation {
  readonly state: unknown;
  /** Tasks whose handlers run in this life. */
  readonly running: Set<Task>;
  /** Aborts the signal that `create` was given. */
  abort(reason: AiflowError): void;
  /** Frees the state; resolves when freed or after a bounded time. Failures are logged. */
  dispose(): Promise<void>;
}

/**
 * Makes the state. Throws what `create` threw, `deadline-exceeded` when it takes too long, or the reason of `signal`;
 * a state that arrives after that is disposed of.
 */
export async function createIncarnation(
  definition: ActorDefinition,
  surroundings: ScopeSurroundings,
  signal: AbortSignal,
): Promise<Incarnation> {
  const controller = new AbortController();
  const creating = Promise.resolve(definition.create(new IncarnationContext(surroundings, controller.signal)));
  try {
    const state = await withinStartTimeout(definition, surroundings, { creating, signal });
    return {
      state,
      running: new Set(),
      abort: reason => controller.abort(reason),
      dispose: () => disposeState(definition, surroundings, state),
    };
  } catch (error) {
    controller.abort(AiflowError.from(error));
    creating.then(
      late => disposeState(definition, surroundings, late),
      () => undefined,
    );
    throw error;
  }
}

async function withinStartTimeout(
  definition: ActorDefinition,
  { clock, self }: ScopeSurroundings,
  { creating, signal }: { readonly creating: Promise<unknown>; readonly signal: AbortSignal },
): Promise<unknown> {
  const limitMs = definition.startTimeoutMs ?? START_TIMEOUT_MS;
  const settled = new AbortController();
  const onStop = (): void => settled.abort(signal.reason);
  if (signal.aborted) throw signal.reason;
  signal.addEventListener('abort', onStop, { once: true });
  const expiry = sleep(clock, limitMs, settled.signal).then(() => {
    throw new AiflowError('deadline-exceeded', `actor ${self.actor} did not start within ${limitMs} ms`);
  });
  try {
    return await Promise.race([creating, expiry]);
  } finally {
    signal.removeEventListener('abort', onStop);
    settled.abort();
    expiry.catch(() => undefined);
  }
}

async function disposeState(
  definition: ActorDefinition,
  { clock, logger, self }: ScopeSurroundings,
  state: unknown,
): Promise<void> {
  if (definition.dispose === undefined) return;
  const settled = new AbortController();
  const expiry = sleep(clock, DISPOSE_TIMEOUT_MS, settled.signal).then(
    () => logger.warn(`dispose of actor ${self.actor} still runs after ${DISPOSE_TIMEOUT_MS} ms: going on without it`),
    () => undefined,
  );
  try {
    await Promise.race([definition.dispose(state), expiry]);
  } catch (error) {
    logger.warn(`dispose of actor ${self.actor} failed: ${AiflowError.from(error).message}`);
  } finally {
    settled.abort();
  }
}

class IncarnationContext extends SiteCaller implements ActorContext, CallSite {
  readonly self: ActorContext['self'];
  readonly from: ActorContext['self'];
  readonly clock: ActorContext['clock'];
  readonly random: ActorContext['random'];
  readonly logger: ActorContext['logger'];
  readonly signal: AbortSignal;
  readonly nested = false;
  readonly trace: TraceContext | undefined = undefined;

  constructor(surroundings: ScopeSurroundings, signal: AbortSignal) {
    super(surroundings.outbound);
    this.self = surroundings.self;
    this.from = surroundings.self;
    this.clock = surroundings.clock;
    this.random = surroundings.random;
    this.logger = surroundings.logger;
    this.signal = signal;
  }

  remainingMs(): number {
    return Infinity;
  }

  protected override site(): CallSite {
    return this;
  }
}
