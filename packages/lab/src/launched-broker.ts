// SPDX-License-Identifier: Apache-2.0
import type { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { BrokerBinary } from './broker-binary.ts';
import type { BrokerPorts } from './broker-config.ts';

/** What {@link launchBroker} works with. */
export interface LaunchBrokerCollaborators {
  /** Default the machine's own time. */
  readonly clock?: Clock;
  /** Default what `findBrokerBinary()` finds. */
  readonly binary?: BrokerBinary;
  /** Hears each line of the server's log. */
  readonly onLine?: (line: string) => void;
}

/** How a broker is launched. */
export interface LaunchBrokerOptions {
  /** More configuration, as text or made from the ports that were set aside. Paths should be absolute. */
  readonly config?: string | ((ports: BrokerPorts) => string);
  /** Default `lab-<random>`; must differ among servers that are joined by leaf links. */
  readonly serverName?: string;
  /** JetStream with a store of its own that goes with the broker, in a domain where one is named. Default true. */
  readonly jetStream?: boolean | { readonly domain: string };
  /** The HTTP monitoring port. Default false. */
  readonly monitor?: boolean;
  /** How long it may take to become ready. Default 10 s. */
  readonly startLimitMs?: number;
  /** Between SIGTERM and SIGKILL on stop. Default 2 s. */
  readonly graceMs?: number;
  /** Ends a launch that is under way; without effect afterwards. */
  readonly signal?: AbortSignal;
}

/** A running broker. */
export interface LaunchedBroker extends AsyncDisposable {
  /** `nats://127.0.0.1:<port>`; the same after a restart. */
  readonly url: string;
  readonly port: number;
  readonly ports: BrokerPorts;
  readonly version: string;
  readonly serverName: string;
  /** Of the server that runs now, or ran last. */
  readonly pid: number;
  readonly monitorUrl: string | undefined;
  /** Settles, with what its last lines were, when the server ends without having been asked to through this handle. */
  readonly died: Promise<AiflowError>;
  /** The last lines of its log, oldest first. */
  log(): readonly string[];
  /** SIGTERM, then SIGKILL after the grace; removes the store. Calling it again does nothing. */
  stop(): Promise<void>;
  /** SIGKILL, as in a crash; the store stays, and `restart` brings it back. */
  kill(): Promise<void>;
  /** Stops it if it runs and starts it again on the same ports with the same store. */
  restart(): Promise<void>;
}
