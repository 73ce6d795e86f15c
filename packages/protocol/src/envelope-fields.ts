// SPDX-License-Identifier: Apache-2.0
//
// Checks the fields of an envelope that came from outside. What is refused is refused as `invalid-argument` that names
// the sender, where that is a name.
import { crc32 } from 'node:zlib';
import { type Address, isName } from './address.ts';
import { AiflowError } from './aiflow-error.ts';

const MAX_ID_LENGTH = 128;
const NOT_PRINTABLE = /[^\x21-\x7e]/;
const MAX_KEY_LENGTH = 256;

/** The name at `index`; throws where there is none. */
export function readNamed<T>(names: readonly T[], index: number, what: string, sender: string): T {
  const name = names[index];
  if (name !== undefined) return name;
  throw refused(sender, `has unknown ${what} number ${index}`);
}

/** 1 to 128 printable ASCII characters. */
export function readId(value: string, field: string, sender: string): string {
  if (value !== '' && value.length <= MAX_ID_LENGTH && !NOT_PRINTABLE.test(value)) return value;
  throw refused(
    sender,
    value === '' ? `lacks ${field}` : `has a ${field} that is not 1 to 128 printable ASCII characters`,
  );
}

/** Text of at most 256 UTF-16 units. */
export function readKey(value: string, field: string, sender: string): string {
  if (value.length <= MAX_KEY_LENGTH) return value;
  throw refused(sender, `has a ${field} of ${value.length} characters, at most ${MAX_KEY_LENGTH} are allowed`);
}

/** A finite number. */
export function readTime(value: number, sender: string): number {
  if (Number.isFinite(value)) return value;
  throw refused(sender, `has a sent_at_ms of ${value}`);
}

/** The payload as its sender wrote it; `stated` is its CRC-32, absent from builds that know none. */
export function readPayload(payload: Uint8Array, stated: number | null | undefined, sender: string): Uint8Array {
  if (typeof stated !== 'number') return payload;
  const found = crc32(payload);
  if (found === stated) return payload;
  throw refused(sender, `has a payload of ${payload.byteLength} bytes with CRC-32 ${found}, stated is ${stated}`);
}

interface WireAddress {
  readonly node?: string | null;
  readonly actor?: string | null;
}

function readAddress(value: WireAddress | null | undefined, field: string, sender: string): Address {
  const node = value?.node ?? '';
  const actor = value?.actor ?? '';
  if (isName(node) && isName(actor)) return { node, actor };
  const shown = JSON.stringify(`${actor}@${node}`.slice(0, 130));
  throw refused(sender, `has ${field} address ${shown}: names are 1 to 63 of a-z, 0-9 and '-'`);
}

/** Most messages have the same parties as the one before them: what was checked last is not checked again. */
export class RecentAddress {
  #last: Address | undefined;

  read(value: WireAddress | null | undefined, field: string, sender: string): Address {
    const last = this.#last;
    if (last !== undefined && value?.node === last.node && value.actor === last.actor) return last;
    const checked = readAddress(value, field, sender);
    this.#last = checked;
    return checked;
  }
}

/** As {@link RecentAddress} for an id that may be absent. */
export class RecentId {
  #last = '';

  read(value: string, field: string, sender: string): string {
    if (value === '' || value === this.#last) return value;
    this.#last = readId(value, field, sender);
    return value;
  }
}

/** The sender as errors name it. */
export function shownSender(node: string): string {
  return isName(node) ? node : 'an unnamed node';
}

function refused(sender: string, reason: string): AiflowError {
  return new AiflowError('invalid-argument', `envelope from ${shownSender(sender)} ${reason}`);
}
