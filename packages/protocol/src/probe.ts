// SPDX-License-Identifier: Apache-2.0
import { aiflow } from '#gen';
import { readFields } from './fields.ts';
import { base64, messagePayload } from './message-payload.ts';
import type { PayloadType, TellContract } from './payload-type.ts';

/** Link measurement: sent to the peer's `$link` actor, which sends it back with `echo` set. */
export interface Probe {
  readonly sequence: number;
  /** The first sender's monotonic clock. */
  readonly sentAtMs: number;
  readonly echo: boolean;
  /** Weight for measuring the rate; its content does not matter. */
  readonly padding: Uint8Array;
}

/** The most padding a probe carries, in bytes. */
export const MAX_PROBE_PADDING_BYTES = 65_536;

/** {@link Probe} on the wire. */
export const probePayload: PayloadType<Probe> = messagePayload({
  name: 'aiflow.link.probe',
  wire: aiflow.v1.Probe,
  parse: parseProbe,
  toWire: value => value,
  toJson: value => ({ ...value, padding: base64(value.padding) }),
});

/** Sends a probe. */
export const sendProbe: TellContract<Probe> = { kind: 'tell', request: probePayload };

function parseProbe(raw: unknown): Probe {
  const fields = readFields('probe', raw);
  return {
    sequence: fields.uint('sequence'),
    sentAtMs: fields.real('sentAtMs', 0),
    echo: fields.flag('echo'),
    padding: fields.bytes('padding', MAX_PROBE_PADDING_BYTES),
  };
}
