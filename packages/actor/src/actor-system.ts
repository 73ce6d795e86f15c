// SPDX-License-Identifier: Apache-2.0
import type { Clock, Random } from '@aiflow/time';
import type { ActorCaller } from './actor-context.ts';
import type { ActorDefinition } from './define-actor.ts';
import type { Interceptor } from './interceptor.ts';
import type { Logger } from './logger.ts';
import type { Transport } from './transport.ts';

/** What an actor system works with. */
export interface ActorSystemCollaborators {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  /** Outermost first. */
  readonly interceptors?: readonly Interceptor[];
}

/** Limits of an actor system. */
export interface ActorSystemOptions {
  /** Time an ask has when neither it nor its caller states one. Default 10 000. */
  readonly defaultTimeoutMs?: number;
  /** Exchanges this node may have open as a caller. Default 4 096; one more fails with `resource-exhausted`. */
  readonly maxOpenExchanges?: number;
  /** Ids remembered to recognise duplicates. Default 8 192. */
  readonly duplicateWindow?: number;
}

/** How one actor is doing. */
export interface ActorStatus {
  readonly name: string;
  readonly state: 'starting' | 'running' | 'restarting' | 'stopped';
  readonly capabilities: readonly string[];
  readonly mailboxDepth: number;
  readonly inProgress: number;
  readonly handled: number;
  /** Handled messages that were answered with an error. */
  readonly failed: number;
  /** Messages that never reached a handler: mailbox full, superseded, out of time, cancelled, or the actor was down. */
  readonly refused: number;
  readonly restarts: number;
}

/** An actor that was spawned. */
export interface ActorHandle {
  readonly name: string;
  status(): ActorStatus;
  /** Takes no more messages, lets those in progress finish until `signal` aborts, then stops. */
  stop(signal?: AbortSignal): Promise<void>;
}

/** The actors of one node, and the way to all others. */
export interface ActorSystem extends ActorCaller, AsyncDisposable {
  readonly node: string;
  /** Starts the transport. Actors may be spawned before or after. */
  start(signal?: AbortSignal): Promise<void>;
  /** Starts an actor. Throws `already-exists` when the name is taken, `invalid-argument` when it is not a name. */
  spawn<State>(definition: ActorDefinition<State>): ActorHandle;
  actors(): readonly ActorStatus[];
  /** Refuses new exchanges with `unavailable`, waits until open ones have ended or `timeoutMs` has passed. */
  drain(timeoutMs: number): Promise<void>;
}
