// SPDX-License-Identifier: Apache-2.0
import { sleep } from '@aiflow/time';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { credentialOptions } from './broker-endpoint.ts';
import { fromNatsError, isCredentialError } from './nats-errors.ts';
import type { BrokerInfo, LinkCollaborators, NatsLinkOptions } from './nats-link.ts';

/** Pause between attempts to connect, where the options say nothing. */
export const RECONNECT_WAIT_MS = 250;

/** Where a link leads and how errors name it. */
export interface DialOptions extends NatsLinkOptions {
  readonly hop: string;
}

/**
 * Connects and hands the connection to `adopt`, again and again until that succeeds (L2 of create-nats-link.ts). Rejects
 * with what ends it early: refused credentials, `failed-precondition`, an abort, or what `checkOpen` throws.
 */
export async function dialUntilAdopted(
  { clock, random, logger }: Pick<LinkCollaborators, 'clock' | 'random' | 'logger'>,
  options: DialOptions,
  { checkOpen, adopt }: { checkOpen(): void; adopt(connection: NatsConnection): Promise<void> },
  signal?: AbortSignal,
): Promise<void> {
  const { hop, reconnectWaitMs: waitMs = RECONNECT_WAIT_MS } = options;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    checkOpen();
    try {
      return await adopt(await dial(options));
    } catch (error) {
      const mapped = fromNatsError(error, hop);
      if (isCredentialError(error) || mapped.code === 'failed-precondition' || signal?.aborted) throw mapped;
      if (attempt === 1) logger.warn(`broker not reachable yet, trying on: ${mapped.message}`, { hop });
      await sleep(clock, waitMs * (1 + random.next()), signal);
    }
  }
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
