// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { ActorDefinition, Handler } from './define-actor.ts';
import type { IncomingMessage } from './incoming-message.ts';
import { acceptPayload } from './payload-form.ts';

/** The handler that answers a message, and the way to its request. */
export interface Selection {
  readonly handler: Handler<unknown>;
  read(message: IncomingMessage): unknown;
}

/** Finds the handler for a message. */
export interface HandlerTable {
  /** Throws `unimplemented` naming the types the actor takes, or `invalid-argument` for JSON that can't be read. */
  select(message: IncomingMessage): Selection;
  /** The types it takes, such as `ask aiflow.echo`. */
  readonly types: readonly string[];
}

/** Indexes the handlers of one actor by message type. Throws `invalid-argument` when two take the same type. */
export function createHandlerTable(definition: ActorDefinition): HandlerTable {
  const { name, handlers } = definition;
  const byType = new Map<string, Selection>();
  for (const handler of handlers) {
    const type = handler.contract.request.name;
    if (byType.has(type)) {
      throw new AiflowError('invalid-argument', `actor ${name} has two handlers for ${type}: keep one`);
    }
    byType.set(type, { handler, read: message => message.read(handler.contract.request) });
  }
  const types = handlers.map(handler => `${handler.kind} ${handler.contract.request.name}`);

  const select = (message: IncomingMessage): Selection => {
    const selection = message.encoding === 'json' ? fromJson(byType, message) : byType.get(message.messageType);
    if (selection !== undefined && selection.handler.kind === message.kind) return selection;
    const asked = `${message.kind} ${message.messageType || 'without a type'}`;
    throw new AiflowError(
      'unimplemented',
      `actor ${name} does not take ${asked}: it takes ${types.join(', ') || 'nothing'}`,
    );
  };
  return { select, types };
}

/** JSON without a type says it in its own `type` field, which is not part of the request, or the actor has one ask. */
function fromJson(byType: ReadonlyMap<string, Selection>, message: IncomingMessage): Selection | undefined {
  const json = message.readJson();
  const named = byType.get(message.messageType);
  if (named !== undefined || message.messageType !== '') return readsJson(named, json);
  if (typeof json === 'object' && json !== null && 'type' in json && typeof json.type === 'string') {
    const { type, ...request } = json;
    const typed = byType.get(type);
    if (typed !== undefined) return readsJson(typed, request);
  }
  const sameKind = [...byType.values()].filter(({ handler }) => handler.kind === message.kind);
  return sameKind.length === 1 ? readsJson(sameKind[0], json) : undefined;
}

function readsJson(selection: Selection | undefined, json: unknown): Selection | undefined {
  if (selection === undefined) return undefined;
  const { handler } = selection;
  return { handler, read: () => acceptPayload(handler.contract.request, json) };
}
