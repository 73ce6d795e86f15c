// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '@aiflow/actor';
import type { AiflowError } from '@aiflow/protocol';
import type { AnnouncementListener } from './announcement.ts';
import type { LinkName } from './link-pair.ts';
import type { NatsLinkEvents } from './nats-link.ts';
import type { OutboundMessages } from './outbound-messages.ts';
import type { RateLimitedLog } from './rate-limited-log.ts';
import { parseSubject } from './subjects.ts';
import type { MutableTransportCounters } from './transport-counters.ts';
import type { UndeliveredReports } from './undelivered-reports.ts';

/** Sees to what the links of a node tell: who is told, what fails, what is counted. */
export interface LinkWatch {
  eventsOf(link: LinkName): NatsLinkEvents;
  /** The last thing the broker refused, if anything. */
  readonly lastRefusal: AiflowError | undefined;
}

/** What a watch works with. */
export interface LinkWatchCollaborators {
  readonly logger: Logger;
  readonly log: RateLimitedLog;
  readonly counters: Pick<MutableTransportCounters, 'disconnects' | 'lost'>;
  readonly undelivered: Pick<UndeliveredReports, 'lost' | 'failAll'>;
  /** A link that goes down because this node closed it is not worth a word. */
  isClosed(): boolean;
  failQueued: OutboundMessages['failQueued'];
  /** Who hears of the control link, and of either that can't be had, if anybody. */
  listener(): Pick<AnnouncementListener, 'unreachable' | 'up' | 'down'> | undefined;
}

/** A watch over the links of one node. */
export function createLinkWatch(collaborators: LinkWatchCollaborators): LinkWatch {
  const { logger, log, counters, undelivered, isClosed, failQueued, listener } = collaborators;
  let lastRefusal: AiflowError | undefined;

  const unreachable = (link: LinkName, error: AiflowError): void => {
    const heard = listener();
    if (heard === undefined) logger.warn(`broker not reachable yet, trying on: ${error.message}`, { link });
    else heard.unreachable(error);
  };
  const down = (link: LinkName, error: AiflowError): void => {
    counters.disconnects++;
    if (link === 'bulk') failQueued(error);
    if (isClosed()) return;
    logger.warn(`broker link is down: ${error.message}`, { link });
    if (link === 'control') listener()?.down(error);
  };
  /** A refused publish fails what it began; the broker sends no other answer to it. */
  const refused = (error: AiflowError): void => {
    lastRefusal = error;
    log.warn('refused-by-broker', error.message);
    const subject = parseSubject(error.details.subject ?? '');
    if (subject?.kind === 'message') undelivered.failAll(error, subject.to.node, subject.actor);
  };
  return {
    eventsOf: link => ({
      unreachable: error => unreachable(link, error),
      up: ({ url, serverName, version }) => {
        logger.info('broker link is up', { link, url, serverName, version });
        if (link === 'control') listener()?.up();
      },
      down: error => down(link, error),
      lost: ({ reply }, error) => {
        counters.lost++;
        if (reply !== undefined) undelivered.lost(reply, error);
      },
      refused,
    }),
    get lastRefusal() {
      return lastRefusal;
    },
  };
}
