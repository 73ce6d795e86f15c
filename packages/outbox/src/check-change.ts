// SPDX-License-Identifier: Apache-2.0
import { AiflowError, isName, MAX_OUTBOX_PAYLOAD_BYTES } from '@aiflow/protocol';
import type { Change } from './durable-store.ts';
import type { NewItem } from './outbox-item.ts';

const MAX_TEXT_LENGTH = 256;
const LABEL = /^[\x21-\x7e]{1,128}$/;

/** Refuses what no receiver would take and no journal hold. Throws `invalid-argument`. */
export function checkChange(change: Change): void {
  if (change.kind === 'put') checkItem(change.item);
  else if (change.kind === 'set') checkRecord(change.table, change.key, change.value);
}

function checkItem({ to, kind, payload, timeToLiveMs = 1, supersedesKey = '', traceParent = '' }: NewItem): void {
  if (!LABEL.test(kind)) throw refusal('kind', kind, '1 to 128 printable ASCII characters without spaces');
  if ('node' in to ? !isName(to.node) : !LABEL.test(to.capability)) {
    throw refusal('to', JSON.stringify(to), 'the name of a node, or a capability');
  }
  if (!Number.isSafeInteger(timeToLiveMs) || timeToLiveMs < 1) {
    throw refusal('timeToLiveMs', timeToLiveMs, 'a whole number of at least 1');
  }
  for (const [field, text, most] of [
    ['supersedesKey', supersedesKey, MAX_TEXT_LENGTH],
    ['traceParent', traceParent, 128],
  ] as const) {
    if (text.length > most) throw refusal(field, `${text.length} characters`, `at most ${most}`);
  }
  checkSize('item.payload', payload);
}

function checkRecord(table: string, key: string, value: Uint8Array): void {
  if (!LABEL.test(table)) throw refusal('table', table, '1 to 128 printable ASCII characters without spaces');
  if (key.length > MAX_TEXT_LENGTH) throw refusal('key', `${key.length} characters`, `at most ${MAX_TEXT_LENGTH}`);
  checkSize('record value', value);
}

function checkSize(what: string, bytes: Uint8Array): void {
  if (bytes.byteLength <= MAX_OUTBOX_PAYLOAD_BYTES) return;
  throw new AiflowError(
    'invalid-argument',
    `${what} of ${bytes.byteLength} bytes exceeds ${MAX_OUTBOX_PAYLOAD_BYTES} bytes: split it`,
  );
}

function refusal(field: string, value: string | number, expected: string): AiflowError {
  return new AiflowError('invalid-argument', `change.${field} must be ${expected}, got ${value}`);
}
