// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type Envelope } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { Logger } from './logger.ts';
import type { Transport } from './transport.ts';

/** What of an envelope differs from message to message; the rest is the node's. */
export type EnvelopeFields = Pick<Envelope, 'kind' | 'messageId' | 'correlationId' | 'from' | 'to'> & Partial<Envelope>;

/** Stamps envelopes and hands them to the transport. */
export interface EnvelopeSender {
  /** Undefined when the transport took it at once, or a promise of it. Never throws; the promise rejects. */
  post(fields: EnvelopeFields): Promise<void> | undefined;
  /** As {@link post} for messages nobody waits for: a failure is counted and logged. */
  postQuietly(fields: EnvelopeFields): void;
  /** Messages that could not be sent and had nobody to tell. */
  readonly lost: number;
}

const EMPTY = new Uint8Array(0);

/** A sender over one transport. */
export function createEnvelopeSender(transport: Transport, clock: Clock, logger: Logger): EnvelopeSender {
  let lost = 0;
  const onLost = (fields: EnvelopeFields, error: unknown): void => {
    lost += 1;
    const { message, code } = AiflowError.from(error);
    logger.debug(`${fields.kind} to ${fields.to.node}/${fields.to.actor} was lost: ${message}`, {
      code,
      kind: fields.kind,
    });
  };
  const post = (fields: EnvelopeFields): Promise<void> | undefined => {
    try {
      return transport.send(stamp(fields, transport.bootId, clock.nowMs())) ?? undefined;
    } catch (error) {
      return Promise.reject(error);
    }
  };
  return {
    post,
    postQuietly: fields => {
      post(fields)?.catch(error => onLost(fields, error));
    },
    get lost() {
      return lost;
    },
  };
}

function stamp(fields: EnvelopeFields, bootId: string, sentAtMs: number): Envelope {
  return {
    kind: fields.kind,
    deliveryClass: fields.deliveryClass ?? 'control',
    messageId: fields.messageId,
    correlationId: fields.correlationId,
    from: fields.from,
    to: fields.to,
    remainingMs: fields.remainingMs ?? 0,
    sentAtMs,
    bootId,
    payloadType: fields.payloadType ?? '',
    payloadEncoding: fields.payloadEncoding ?? 'native',
    payload: fields.payload ?? EMPTY,
    trace: fields.trace,
    position: fields.position ?? 0,
    latestKey: fields.latestKey ?? '',
  };
}
