// SPDX-License-Identifier: Apache-2.0
import { decodeWire } from './decode-wire.ts';
import { encodeWire, type WireEncoder } from './encode-wire.ts';
import type { PayloadType } from './payload-type.ts';

/** A generated message, as far as it is needed here. */
interface WireMessage<Wire extends object, Properties> extends WireEncoder<Properties> {
  decode(bytes: Uint8Array): Wire;
}

/** How a message of the proto becomes a plain object and back. */
export interface MessageMapping<T, Wire extends object, Properties> {
  /** The payload type's name. */
  readonly name: string;
  readonly wire: WireMessage<Wire, Properties>;
  /**
   * Checks an object that came from outside, JSON or decoded, and returns it typed. It runs on what is sent too, so
   * that a value its receiver would refuse is refused where it was made; hence it accepts its own results.
   */
  readonly parse: (raw: unknown) => T;
  readonly toWire: (value: T) => Properties;
  /** Default: the value as it is. */
  readonly toJson?: (value: T) => unknown;
}

/** A payload whose binary form is a message of the proto. */
export function messagePayload<T, Wire extends object, Properties>(
  mapping: MessageMapping<T, Wire, Properties>,
): PayloadType<T> {
  const { name, wire, parse, toWire } = mapping;
  return {
    name,
    encode: value => encodeWire(wire, toWire(parse(value))),
    decode: bytes => parse(decodeWire(name, bytes, input => wire.decode(input))),
    toJson: mapping.toJson ?? (value => value),
    fromJson: parse,
  };
}

/** Base64 text of bytes: their JSON form. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
