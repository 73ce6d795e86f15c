// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type Envelope } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';
import type { Logger } from './logger.ts';
import type { Transport } from './transport.ts';

/** What of an envelope differs from message to message; the rest is the node's. */
export type EnvelopeFields = Pick<Envelope, 'kind' | 'messageId' | 'correlationId' | 'from' | 'to'> & Partial<Envelope>;

/** For how long a message is tried again whose link is down and about to come back. */
export interface Patience {
  /** On this node's clock. Never more than 30 s from the first attempt. */
  readonly limitMs: number;
  isWanted(): boolean;
}

/** Stamps envelopes and hands them to the transport. */
export interface EnvelopeSender {
  /**
   * Undefined when the transport took it at once, or a promise of it. Never throws; the promise rejects. With patience a
   * link that is down, which is `unavailable` with a `retryAfterMs`, is waited for.
   */
  post(fields: EnvelopeFields, patience?: Patience): Promise<void> | undefined;
  /** As {@link post} for messages nobody waits for: a failure is counted and logged. */
  postQuietly(fields: EnvelopeFields, patience?: Patience): void;
  /** Messages that could not be sent and had nobody to tell. */
  readonly lost: number;
}

/** The payload of messages that have none. */
export const EMPTY_PAYLOAD: Uint8Array = new Uint8Array(0);
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 200;
const LONGEST_PATIENCE_MS = 30_000;

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
  const tryOnce = (fields: EnvelopeFields): Promise<void> | undefined => {
    try {
      return transport.send(stamp(fields, transport.bootId, clock.nowMs())) ?? undefined;
    } catch (error) {
      return Promise.reject(error);
    }
  };
  const tryAgain = async (fields: EnvelopeFields, patience: Patience, first: unknown): Promise<void> => {
    const limitMs = Math.min(patience.limitMs, clock.nowMs() + LONGEST_PATIENCE_MS);
    let error = first;
    for (let pauseMs = FIRST_PAUSE_MS; isLinkDown(error); pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      if (!patience.isWanted() || clock.nowMs() + pauseMs > limitMs) break;
      await sleep(clock, pauseMs);
      try {
        return await tryOnce(fields);
      } catch (later) {
        error = later;
      }
    }
    throw error;
  };
  const post = (fields: EnvelopeFields, patience?: Patience): Promise<void> | undefined => {
    const sent = tryOnce(fields);
    return patience === undefined ? sent : sent?.catch(error => tryAgain(fields, patience, error));
  };
  return {
    post,
    postQuietly: (fields, patience) => {
      post(fields, patience)?.catch(error => onLost(fields, error));
    },
    get lost() {
      return lost;
    },
  };
}

function isLinkDown(error: unknown): boolean {
  return AiflowError.is(error) && error.code === 'unavailable' && error.retryAfterMs !== undefined;
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
    payload: fields.payload ?? EMPTY_PAYLOAD,
    trace: fields.trace,
    position: fields.position ?? 0,
    latestKey: fields.latestKey ?? '',
  };
}
