// SPDX-License-Identifier: Apache-2.0
import type { AiflowError } from '@aiflow/protocol';
import { sleep } from '@aiflow/time';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { credentialOptions } from './broker-endpoint.ts';
import { fromNatsError, isCredentialError } from './nats-errors.ts';
import type { BrokerInfo, LinkCollaborators, NatsLinkOptions } from './nats-link.ts';

/** Pause between attempts to connect, where the options say nothing. */
export const RECONNECT_WAIT_MS = 250;
/** Pause after credentials were refused: they don't become good within a moment. */
const REFUSED_WAIT_MS = 30_000;

/** Where a link leads and how errors name it. */
export interface DialOptions extends NatsLinkOptions {
  readonly hop: string;
}

/** What becomes of the attempts to connect. */
export interface DialOutcome {
  /** Throws when nobody wants the connection any more. */
  checkOpen(): void;
  adopt(connection: NatsConnection): Promise<void>;
  /** The first attempt failed; others follow. */
  unreachable(error: AiflowError): void;
  /** The broker refused the credentials; it is tried on (`insist`). */
  refused(error: AiflowError): void;
}

/**
 * Connects and hands the connection to `adopt`, again and again until that succeeds (L2 of create-nats-link.ts). Rejects
 * with what ends it early: an abort, what `checkOpen` throws, and refused credentials or `failed-precondition`; those two
 * only at the first attempt where the options insist.
 */
export async function dialUntilAdopted(
  collaborators: Pick<LinkCollaborators, 'clock' | 'random'>,
  options: DialOptions,
  outcome: DialOutcome,
  signal?: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    outcome.checkOpen();
    try {
      return await outcome.adopt(await dial(options));
    } catch (error) {
      const waitMs = afterFailure(error, attempt, options, outcome);
      if (signal?.aborted) throw fromNatsError(error, options.hop);
      await sleep(collaborators.clock, waitMs * (1 + collaborators.random.next()), signal);
    }
  }
}

/** How long to wait before the next attempt; throws when there is to be none. */
function afterFailure(error: unknown, attempt: number, options: DialOptions, outcome: DialOutcome): number {
  const { hop, reconnectWaitMs = RECONNECT_WAIT_MS, insist = false } = options;
  const mapped = fromNatsError(error, hop);
  const isRefused = isCredentialError(error) || mapped.code === 'failed-precondition';
  if (isRefused && !(insist && attempt > 1)) throw mapped;
  if (attempt === 1) outcome.unreachable(mapped);
  else if (isRefused) outcome.refused(mapped);
  return isRefused ? REFUSED_WAIT_MS : reconnectWaitMs;
}

function dial(options: DialOptions): Promise<NatsConnection> {
  const waitMs = options.reconnectWaitMs ?? RECONNECT_WAIT_MS;
  return connect({
    ...credentialOptions(options.endpoint),
    name: options.name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: waitMs,
    reconnectJitter: waitMs,
    reconnectJitterTLS: waitMs,
    pingInterval: options.pingIntervalMs ?? 5_000,
    maxPingOut: options.maxPingsOut ?? 2,
    timeout: options.connectTimeoutMs ?? 2_000,
    noAsyncTraces: true,
    ignoreClusterUpdates: true,
    ignoreAuthErrorAbort: true,
  });
}

/** What the broker at the other end of `connection` said of itself. */
export function brokerInfoOf(connection: Pick<NatsConnection, 'info' | 'getServer'>): BrokerInfo {
  const { info } = connection;
  return {
    url: connection.getServer(),
    serverName: info?.server_name ?? '',
    version: info?.version ?? '',
    maxPayloadBytes: info?.max_payload ?? 1024 * 1024,
    supportsHeaders: info?.headers === true,
  };
}
