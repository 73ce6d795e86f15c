// SPDX-License-Identifier: Apache-2.0
import type { BrokerEndpoint } from './broker-endpoint.ts';
import { createNatsLink } from './create-nats-link.ts';
import type { LinkCollaborators, NatsLink, NatsLinkEvents } from './nats-link.ts';

/** The two links of a node: small messages go over one, big ones over the other. */
export type LinkName = 'control' | 'bulk';

/** Both links of one node. */
export interface LinkPair extends Readonly<Record<LinkName, NatsLink>> {
  /** Resolves when both are up and what was subscribed to on them is known to the broker. */
  open(signal?: AbortSignal): Promise<void>;
  /** Resolves when what was sent arrived at the broker. A link that is down subscribes when it comes up, before anything else. */
  settle(): Promise<void>;
  close(limitMs: number): Promise<void>;
}

/** Where the links lead, and their timing; see `NatsTransportOptions`. */
export interface LinkPairOptions {
  readonly node: string;
  readonly control: BrokerEndpoint;
  /** Default `control`, over a connection of its own. */
  readonly bulk?: BrokerEndpoint;
  readonly pingIntervalMs?: number;
  readonly reconnectWaitMs?: number;
  readonly insist?: boolean;
}

/** Makes the links of `node`; `open` connects them. */
export function createLinkPair(
  collaborators: Omit<LinkCollaborators, 'events'> & { eventsOf(name: LinkName): NatsLinkEvents },
  options: LinkPairOptions,
): LinkPair {
  const { clock, random, logger, eventsOf } = collaborators;
  const { node, pingIntervalMs, reconnectWaitMs, insist } = options;
  const make = (name: LinkName, shownAs: string, endpoint: BrokerEndpoint): NatsLink =>
    createNatsLink(
      { clock, random, logger, events: eventsOf(name) },
      {
        ...{ name: shownAs, endpoint },
        ...(pingIntervalMs === undefined ? {} : { pingIntervalMs }),
        ...(reconnectWaitMs === undefined ? {} : { reconnectWaitMs }),
        ...(insist === undefined ? {} : { insist }),
      },
    );
  const control = make('control', node, options.control);
  const bulk = make('bulk', `${node} (bulk)`, options.bulk ?? options.control);
  return {
    control,
    bulk,
    open: async signal => {
      await Promise.all([control.open(signal), bulk.open(signal)]);
      await Promise.all([control.flush(), bulk.flush()]);
    },
    settle: async () => void (await Promise.allSettled([control.flush(), bulk.flush()])),
    close: async limitMs => void (await Promise.all([control.close(limitMs), bulk.close(limitMs)])),
  };
}
