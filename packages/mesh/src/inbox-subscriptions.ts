// SPDX-License-Identifier: Apache-2.0
import type { Msg } from '@nats-io/transport-node';
import type { NatsLink } from './nats-link.ts';
import { eventsSubject, inboxSubjects, type NodePlace } from './subjects.ts';

/** How a node listens: to everybody with one wildcard, or to each admitted node by name. `auto` asks the broker's version. */
export type InboxMode = 'auto' | 'wildcard' | 'by-sender';

/** The subscriptions that make up a node's inbox on both links, and the events it hears. */
export interface InboxSubscriptions {
  /** Subscribes as the broker of this version needs it; call it whenever the link came up. */
  follow(brokerVersion: string): void;
  /** True when a subscription had to be made for it. */
  admit(place: NodePlace): boolean;
  dismiss(node: string): void;
}

/** What an inbox is made of. */
export interface InboxCollaborators {
  readonly fleet: string;
  readonly self: NodePlace;
  readonly control: NatsLink;
  readonly bulk: NatsLink;
  onControl(message: Msg): void;
  onBulk(message: Msg): void;
  onEvent(message: Msg): void;
}

/** True when the broker carries interest in wildcard senders over a permissioned leaf; unknown versions are taken to. */
export function carriesWildcardInterest(brokerVersion: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(brokerVersion) ?? [];
  if (major === undefined || minor === undefined) return true;
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 10);
}

/** An inbox that is subscribed to nothing yet. */
export function createInboxSubscriptions(
  collaborators: InboxCollaborators,
  options: { readonly mode: InboxMode; readonly hearing: 'site' | 'fleet' },
): InboxSubscriptions {
  const { fleet, self, control, bulk, onControl, onBulk, onEvent } = collaborators;
  const heard = options.hearing === 'site' ? { site: self.site } : {};
  const senders = new Map<string, NodePlace>();
  const live = new Map<string, () => void>();

  const listen = (key: string, sender?: NodePlace): void => {
    if (live.has(key)) return;
    const subjects = inboxSubjects(fleet, self, sender);
    const ends = [
      control.subscribe(subjects.control, onControl),
      control.subscribe(eventsSubject(fleet, sender ?? heard), onEvent),
      bulk.subscribe(subjects.bulk, onBulk),
    ];
    live.set(key, () => {
      for (const end of ends) end();
    });
  };
  const end = (key: string): void => {
    live.get(key)?.();
    live.delete(key);
  };

  let bySender: boolean | undefined;
  const follow = (brokerVersion: string): void => {
    const wanted = options.mode === 'auto' ? !carriesWildcardInterest(brokerVersion) : options.mode === 'by-sender';
    if (wanted === bySender) return;
    bySender = wanted;
    for (const key of [...live.keys()]) end(key);
    if (bySender) for (const sender of senders.values()) listen(sender.node, sender);
    else listen('*');
  };

  return {
    follow,
    admit: place => {
      const known = senders.get(place.node);
      if (known?.site === place.site) return false;
      senders.set(place.node, place);
      if (bySender !== true) return false;
      end(place.node);
      listen(place.node, place);
      return true;
    },
    dismiss: node => {
      senders.delete(node);
      if (bySender === true) end(node);
    },
  };
}
