// SPDX-License-Identifier: Apache-2.0
import type { AskContract, StreamContract, TellContract } from '@aiflow/protocol';
import type { ActorContext, MessageContext } from './actor-context.ts';

/** Answers one kind of message. Made by {@link onAsk}, {@link onTell} and {@link onStream}. */
export type Handler<State> =
  | {
      readonly kind: 'ask';
      readonly contract: AskContract<unknown, unknown>;
      readonly run: (state: State, request: unknown, context: MessageContext) => unknown;
    }
  | {
      readonly kind: 'tell';
      readonly contract: TellContract<unknown>;
      readonly run: (state: State, message: unknown, context: MessageContext) => unknown;
    }
  | {
      readonly kind: 'stream';
      readonly contract: StreamContract<unknown, unknown>;
      readonly run: (state: State, request: unknown, context: MessageContext) => AsyncIterable<unknown>;
    };

/** How an actor is restarted when it throws a fault that is not an answer. */
export interface SupervisionOptions {
  /** First pause before a restart, doubled each time up to `maxBackoffMs`, with jitter. Default 100. */
  readonly initialBackoffMs?: number;
  /** Default 30 000. */
  readonly maxBackoffMs?: number;
  /** Restarts within `windowMs` after which the actor stays down. Default 10 in 60 000 ms. */
  readonly maxRestarts?: number;
  readonly windowMs?: number;
}

/** An actor as its author writes it. */
export interface ActorDefinition<State = unknown> {
  readonly name: string;
  /** Makes the state, at start and anew after every restart. */
  readonly create: (context: ActorContext) => State | Promise<State>;
  readonly handlers: readonly Handler<State>[];
  /** Frees what `create` took. */
  readonly dispose?: (state: State) => void | Promise<void>;
  /** What others may look for instead of a name, such as `verify:nano:11`. */
  readonly capabilities?: readonly string[];
  /** Messages that may wait; one more is answered `resource-exhausted` with a retry-after. Default 256. */
  readonly mailboxCapacity?: number;
  /** Messages handled at once. Default 1: a handler never meets another of its own actor half-way. */
  readonly concurrency?: number;
  /** The longest one message may take, whatever its sender allows; then it is answered `deadline-exceeded`. Default 60 000. */
  readonly handlerTimeoutMs?: number;
  /** The longest `create` may take; then it counts as a fault. Default 120 000. */
  readonly startTimeoutMs?: number;
  readonly supervision?: SupervisionOptions;
}

/** Makes handlers of an actor whose state type is known, so that they need not name it. */
export interface HandlerMaker<State> {
  ask<Request, Reply>(
    contract: AskContract<Request, Reply>,
    run: (state: State, request: Request, context: MessageContext) => Reply | Promise<Reply>,
  ): Handler<State>;
  tell<Message>(
    contract: TellContract<Message>,
    run: (state: State, message: Message, context: MessageContext) => void | Promise<void>,
  ): Handler<State>;
  stream<Request, Item>(
    contract: StreamContract<Request, Item>,
    run: (state: State, request: Request, context: MessageContext) => AsyncIterable<Item>,
  ): Handler<State>;
}

/** An actor as {@link defineActor} takes it: handlers as a list, or as a function that makes them. */
export interface ActorDeclaration<State> extends Omit<ActorDefinition<State>, 'handlers'> {
  readonly handlers: readonly Handler<State>[] | ((on: HandlerMaker<State>) => readonly Handler<State>[]);
}

/** Declares an actor. Nothing runs until an actor system spawns it. */
export function defineActor<State>(declaration: ActorDeclaration<State>): ActorDefinition<State> {
  const { handlers } = declaration;
  const made = typeof handlers === 'function' ? handlers({ ask: onAsk, tell: onTell, stream: onStream }) : handlers;
  return { ...declaration, handlers: made };
}

/** Answers an ask. A thrown AiflowError is the answer; any other error is a fault: the asker gets `internal`, the actor restarts. */
export function onAsk<State, Request, Reply>(
  contract: AskContract<Request, Reply>,
  run: (state: State, request: Request, context: MessageContext) => Reply | Promise<Reply>,
): Handler<State> {
  return { kind: 'ask', contract, run } as Handler<State>;
}

/** Takes a message that has no answer. */
export function onTell<State, Message>(
  contract: TellContract<Message>,
  run: (state: State, message: Message, context: MessageContext) => void | Promise<void>,
): Handler<State> {
  return { kind: 'tell', contract, run } as Handler<State>;
}

/** Answers with a sequence, produced only as fast as the asker grants credit. */
export function onStream<State, Request, Item>(
  contract: StreamContract<Request, Item>,
  run: (state: State, request: Request, context: MessageContext) => AsyncIterable<Item>,
): Handler<State> {
  return { kind: 'stream', contract, run } as Handler<State>;
}
