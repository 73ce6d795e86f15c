// SPDX-License-Identifier: Apache-2.0

/** What a message is in its exchange; see `MessageKind` in the proto. */
export type MessageKind =
  | 'tell'
  | 'ask'
  | 'reply'
  | 'failure'
  | 'cancel'
  | 'stream-open'
  | 'stream-item'
  | 'stream-credit'
  | 'stream-end';

/** How a message is carried; see `DeliveryClass` in the proto. */
export type DeliveryClass = 'control' | 'latest' | 'bulk' | 'durable';

/** Whether the payload is in its type's binary form or in its JSON form. */
export type PayloadEncoding = 'native' | 'json';

/** By their number on the wire, which begins at 1. */
export const KINDS: readonly MessageKind[] = [
  'tell',
  'ask',
  'reply',
  'failure',
  'cancel',
  'stream-open',
  'stream-item',
  'stream-credit',
  'stream-end',
];

/** By their number on the wire, which begins at 1. */
export const CLASSES: readonly DeliveryClass[] = ['control', 'latest', 'bulk', 'durable'];

/** By their number on the wire. */
export const ENCODINGS: readonly PayloadEncoding[] = ['native', 'json'];

/** The wire's number of each kind. */
export const KIND_NUMBERS: ReadonlyMap<MessageKind, number> = new Map(KINDS.map((kind, index) => [kind, index + 1]));

/** The wire's number of each class. */
export const CLASS_NUMBERS: ReadonlyMap<DeliveryClass, number> = new Map(
  CLASSES.map((deliveryClass, index) => [deliveryClass, index + 1]),
);
