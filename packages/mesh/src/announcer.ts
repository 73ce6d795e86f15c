// SPDX-License-Identifier: Apache-2.0
import type { Msg } from '@nats-io/transport-node';
import type { Announcement } from './announcement.ts';
import type { NatsLink } from './nats-link.ts';
import { ADVERT_ACTOR } from './runtime-actors.ts';
import { actorInboxSubject, formatSubject, hellosSubject, type NodePlace, parseSubject } from './subjects.ts';

/** Says and hears what is not for actors. Saying throws `unavailable` when the link is down. */
export interface Announcer {
  hello(bytes: Uint8Array): void;
  announce(event: string, bytes: Uint8Array): void;
  introduce(to: NodePlace, bytes: Uint8Array): void;
  /** Subscribes to hellos, of the own `site` or the fleet, and to what is announced to this node alone. */
  listen(site: string | undefined): void;
  accept(message: Msg): void;
}

/** What an announcer works with. */
export interface AnnouncerCollaborators {
  readonly fleet: string;
  readonly self: NodePlace;
  readonly link: NatsLink;
  heard(announcement: Announcement): void;
  malformed(): void;
}

/** An announcer on `link`. */
export function createAnnouncer({ fleet, self, link, heard, malformed }: AnnouncerCollaborators): Announcer {
  const accept = (message: Msg): void => {
    const subject = parseSubject(message.subject);
    if (subject === undefined || subject.kind === 'undelivered') {
      malformed();
      return;
    }
    const via = subject.kind === 'message' ? 'direct' : subject.kind;
    const event = subject.kind === 'event' ? subject.event : '';
    heard({ via, from: subject.from, event, bytes: message.data });
  };
  return {
    hello: bytes => link.publish(formatSubject({ kind: 'hello', fleet, from: self }), bytes),
    announce: (event, bytes) => link.publish(formatSubject({ kind: 'event', fleet, from: self, event }), bytes),
    introduce: (to, bytes) => {
      const subject = { kind: 'message', fleet, from: self, to, actor: ADVERT_ACTOR, lane: 'control' } as const;
      link.publish(formatSubject(subject), bytes);
    },
    listen: site => {
      link.subscribe(hellosSubject(fleet, site), accept);
      link.subscribe(actorInboxSubject(fleet, self, ADVERT_ACTOR), accept);
    },
    accept,
  };
}
