// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';

const decoder = new TextDecoder();

/** Reads what a wire writer wrote, value after value. Throws `data-loss` where the bytes end too early. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value !== undefined) return value;
    throw new AiflowError('data-loss', `a store entry of ${this.#bytes.byteLength} bytes ends too early`);
  }

  /** A varint, exact for safe integers that are not negative. */
  whole(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  }

  /** A copy: a view would hold the whole journal in memory. */
  bytes(): Uint8Array {
    const end = this.whole() + this.#at;
    const bytes = new Uint8Array(this.#bytes.subarray(this.#at, end));
    this.#at = end;
    if (end > this.#bytes.byteLength) this.byte(); // throws
    return bytes;
  }

  text(): string {
    return decoder.decode(this.bytes());
  }
}
