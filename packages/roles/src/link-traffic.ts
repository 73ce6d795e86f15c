// SPDX-License-Identifier: Apache-2.0
import type { PayloadType } from '@aiflow/protocol';

/** Messages of one kind between this node and a peer. Bytes are of payloads, envelopes not counted. */
export interface LinkTraffic {
  readonly peer: string;
  readonly direction: 'sent' | 'received';
  /** Payload type, such as `aiflow.decode.draft`. */
  readonly kind: string;
  readonly messages: number;
  readonly bytes: number;
}

/** Counts what a request moves. */
export interface TrafficCounter {
  sent<T>(peer: string, type: PayloadType<T>, value: T): void;
  received<T>(peer: string, type: PayloadType<T>, value: T): void;
  traffic(): readonly LinkTraffic[];
}

/** A counter at zero. */
export function createTrafficCounter(): TrafficCounter {
  const counts = new Map<string, LinkTraffic>();
  const count = (peer: string, direction: LinkTraffic['direction'], kind: string, bytes: number): void => {
    const key = `${peer} ${direction} ${kind}`;
    const past = counts.get(key) ?? { peer, direction, kind, messages: 0, bytes: 0 };
    counts.set(key, { ...past, messages: past.messages + 1, bytes: past.bytes + bytes });
  };
  return {
    sent: (peer, type, value) => count(peer, 'sent', type.name, type.encode(value).byteLength),
    received: (peer, type, value) => count(peer, 'received', type.name, type.encode(value).byteLength),
    traffic: () => [...counts.values()],
  };
}
