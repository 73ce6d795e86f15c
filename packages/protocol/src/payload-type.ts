// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from './aiflow-error.ts';
import type { PayloadEncoding } from './message-kind.ts';

/**
 * How one kind of value crosses the wire. `name` is unique on a mesh (`acme.reading`; `aiflow.*` is ours).
 * `encode` and `decode` are inverses; `decode` and `fromJson` throw `invalid-argument` on what they can't accept.
 */
export interface PayloadType<T> {
  readonly name: string;
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
  /** The form shown to people and accepted from command lines. */
  toJson(value: T): unknown;
  fromJson(json: unknown): T;
}

/** Checks a parsed JSON value and returns it typed; throws when it does not fit. A zod schema's `parse` is one. */
export type ParseJson<T> = (json: unknown) => T;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * A payload carried as JSON: enough for small messages of one's own. Without `parse` the value is trusted to have
 * the type it claims, so give one wherever the sender is not your own code.
 */
export function jsonPayload<T>(name: string, parse: ParseJson<T> = json => json as T): PayloadType<T> {
  const fromJson = (json: unknown): T => acceptJson(name, json, parse);
  return {
    name,
    encode: value => encoder.encode(JSON.stringify(value) ?? 'null'),
    decode: bytes => fromJson(parseJsonBytes(name, bytes)),
    toJson: value => value,
    fromJson,
  };
}

/** A payload that is already bytes. Its JSON form is base64 text. */
export function bytesPayload(name: string): PayloadType<Uint8Array> {
  return {
    name,
    encode: value => value,
    decode: bytes => bytes,
    toJson: value => Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'),
    fromJson: json => {
      if (typeof json === 'string') return Buffer.from(json, 'base64');
      throw new AiflowError('invalid-argument', `payload ${name} expects base64 text, got ${typeof json}`);
    },
  };
}

/** Parses UTF-8 JSON; throws `invalid-argument` naming the payload type and the cause. */
export function parseJsonBytes(name: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'not JSON';
    throw new AiflowError('invalid-argument', `payload ${name} of ${bytes.byteLength} bytes is not JSON: ${reason}`, {
      cause,
    });
  }
}

function acceptJson<T>(name: string, json: unknown, parse: ParseJson<T>): T {
  try {
    return parse(json);
  } catch (cause) {
    if (AiflowError.is(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AiflowError('invalid-argument', `payload ${name} was refused: ${reason}`, { cause });
  }
}

/** A question with one answer. The request's name identifies the contract on the wire. */
export interface AskContract<Request, Reply> {
  readonly kind: 'ask';
  readonly request: PayloadType<Request>;
  readonly reply: PayloadType<Reply>;
  /** `json` makes both sides speak the JSON form, whatever the actor's own types are; see {@link looseAsk}. */
  readonly encoding?: PayloadEncoding;
}

/** A question whose answer is a sequence of items. */
export interface StreamContract<Request, Item> {
  readonly kind: 'stream';
  readonly request: PayloadType<Request>;
  readonly item: PayloadType<Item>;
}

/** A message without an answer. */
export interface TellContract<Message> {
  readonly kind: 'tell';
  readonly request: PayloadType<Message>;
}

/** What two actors agree on. */
export type Contract = AskContract<never, unknown> | StreamContract<never, unknown> | TellContract<never>;

/** An ask whose request and reply travel as JSON; `name` is the request's, the reply's is `name.reply`. */
export function jsonAsk<Request, Reply>(
  name: string,
  parse: { readonly request?: ParseJson<Request>; readonly reply?: ParseJson<Reply> } = {},
): AskContract<Request, Reply> {
  return { kind: 'ask', request: jsonPayload(name, parse.request), reply: jsonPayload(`${name}.reply`, parse.reply) };
}

/**
 * An ask in JSON form to an actor whose types are not at hand, as a command line makes it: the receiving actor turns
 * it into its own type and its reply back. With `type` '' the message's own `type` field names the request, or the
 * actor has only one ask.
 */
export function looseAsk(type = ''): AskContract<unknown, unknown> {
  return { ...jsonAsk<unknown, unknown>(type), encoding: 'json' };
}

/** A stream whose request and items travel as JSON. */
export function jsonStream<Request, Item>(
  name: string,
  parse: { readonly request?: ParseJson<Request>; readonly item?: ParseJson<Item> } = {},
): StreamContract<Request, Item> {
  return { kind: 'stream', request: jsonPayload(name, parse.request), item: jsonPayload(`${name}.item`, parse.item) };
}

/** A tell that travels as JSON. */
export function jsonTell<Message>(name: string, parse?: ParseJson<Message>): TellContract<Message> {
  return { kind: 'tell', request: jsonPayload(name, parse) };
}
