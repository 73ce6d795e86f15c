// SPDX-License-Identifier: Apache-2.0
import protobuf from 'protobufjs/minimal.js';

/** A generated encoder with its message. */
export interface WireEncoder<Properties> {
  encode(message: Properties, writer?: protobuf.Writer): protobuf.Writer;
}

const INITIAL_BYTES = 1024;
const REUSED_BYTES = 16_384;

let spare: protobuf.Writer | undefined;

/**
 * Runs a generated encoder over one buffer that is kept between calls, so that a small message costs one allocation
 * of its own size. Encoding never waits, hence the buffer has one user at a time; one that failed is let go, and one
 * that grew big is itself the result, which saves copying it.
 */
export function encodeWire<Properties>(type: WireEncoder<Properties>, message: Properties): Uint8Array {
  const writer = spare ?? createWriter();
  spare = undefined;
  type.encode(message, writer);
  if (writer.len > REUSED_BYTES) return writer.finish(true);
  const bytes = writer.finish();
  spare = writer.reset();
  return bytes;
}

/** A writer grows by doubling; starting larger saves the common message from growing at all. */
function createWriter(): protobuf.Writer {
  const writer = protobuf.Writer.create();
  return writer.bytes(new Uint8Array(INITIAL_BYTES)).reset();
}
