// SPDX-License-Identifier: Apache-2.0

import { type Envelope, encodeEnvelope } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { Announcer } from './announcer.ts';
import { createInboundFrames, type InboundFrames } from './inbound-frames.ts';
import { createInboxSubscriptions, type InboxSubscriptions } from './inbox-subscriptions.ts';
import type { LinkPair } from './link-pair.ts';
import type { NatsTransportOptions } from './nats-transport.ts';
import type { PeerTable } from './peer-table.ts';
import type { RateLimitedLog } from './rate-limited-log.ts';
import { refusalOf } from './refusal-envelope.ts';
import { ADVERT_ACTOR } from './runtime-actors.ts';
import { formatSubject, type NodePlace } from './subjects.ts';
import type { MutableTransportCounters } from './transport-counters.ts';

const ADVERT_SUFFIX = `.${ADVERT_ACTOR}`;

/** What the receiving side of a NATS transport works with. */
export interface CarrierInboxCollaborators {
  readonly self: NodePlace;
  readonly clock: Clock;
  readonly log: RateLimitedLog;
  readonly counters: MutableTransportCounters;
  readonly peers: Pick<PeerTable, 'isAdmitted'>;
  readonly links: Pick<LinkPair, 'control' | 'bulk'>;
  readonly announcer: Pick<Announcer, 'accept'>;
  /** Takes a message of an admitted node. */
  deliver(envelope: Envelope): void;
}

/** The receiving side of a NATS transport: whom it listens to, what it believes, whom it turns away. */
export interface CarrierInbox extends InboxSubscriptions {
  close(): void;
}

/** Its settings. */
export type CarrierInboxOptions = Pick<
  NatsTransportOptions,
  'fleet' | 'bootId' | 'chunkTimeoutMs' | 'inboxMode' | 'hearing'
> & { readonly maxPayloadBytes: number };

/** An inbox that listens to nobody yet, but in mode `wildcard`. */
export function createCarrierInbox(
  collaborators: CarrierInboxCollaborators,
  options: CarrierInboxOptions,
): CarrierInbox {
  const { self, links, announcer } = collaborators;
  const { fleet, inboxMode = 'by-sender', hearing = 'fleet' } = options;
  const frames = createFrames(collaborators, options);
  const subscriptions = createInboxSubscriptions(
    {
      ...{ fleet, self, control: links.control, bulk: links.bulk },
      onControl: message => {
        if (!message.subject.endsWith(ADVERT_SUFFIX)) frames.accept(message);
      },
      onBulk: message => frames.accept(message),
      onEvent: message => announcer.accept(message),
    },
    { mode: inboxMode, hearing },
  );
  return {
    admit: place => subscriptions.admit(place),
    dismiss: node => subscriptions.dismiss(node),
    close: () => frames.close(),
  };
}

function createFrames(collaborators: CarrierInboxCollaborators, options: CarrierInboxOptions): InboundFrames {
  const { self, clock, log, counters, peers, deliver } = collaborators;
  const { maxPayloadBytes, chunkTimeoutMs } = options;
  return createInboundFrames(
    {
      ...{ self, clock, log, counters, deliver },
      isAdmitted: place => peers.isAdmitted(place),
      turnAway: (from, envelope) => turnAway(collaborators, options, { from, envelope }),
    },
    { maxPayloadBytes, ...(chunkTimeoutMs === undefined ? {} : { chunkTimeoutMs }) },
  );
}

/** Tells an asker that it is not admitted. */
function turnAway(
  { self, clock, links: { control } }: CarrierInboxCollaborators,
  { fleet, bootId }: CarrierInboxOptions,
  { from, envelope }: { readonly from: NodePlace; readonly envelope: Envelope },
): void {
  if (!control.isUp) return;
  const { actor } = envelope.from;
  const subject = formatSubject({ kind: 'message', fleet, from: self, to: from, actor, lane: 'control' });
  control.publish(subject, encodeEnvelope(refusalOf(envelope, bootId, clock.nowMs())));
}
