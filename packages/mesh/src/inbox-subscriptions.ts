// SPDX-License-Identifier: Apache-2.0
import type { Msg } from '@nats-io/transport-node';
import type { NatsLink } from './nats-link.ts';
import { eventsSubject, inboxSubjects, type NodePlace } from './subjects.ts';

/**
 * How a node listens. `by-sender`: to each admitted node by name, which works on every broker version and mix of them.
 * `wildcard`: to all senders at once; over a permissioned leaf link that a broker before 2.10 accepted, anywhere on the
 * way, nothing arrives then.
 */
export type InboxMode = 'by-sender' | 'wildcard';

/** The subscriptions that make up a node's inbox on both links, and the events it hears. */
export interface InboxSubscriptions {
  /** Listens to `place`. True when a subscription had to be made for it. */
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

/** An inbox; in mode `wildcard` it listens from the start, to the events of its own site or of the whole fleet. */
export function createInboxSubscriptions(
  collaborators: InboxCollaborators,
  options: { readonly mode: InboxMode; readonly hearing: 'site' | 'fleet' },
): InboxSubscriptions {
  const { fleet, self, control, bulk, onControl, onBulk, onEvent } = collaborators;
  const listen = (events: string | undefined, sender?: NodePlace): (() => void) => {
    const subjects = inboxSubjects(fleet, self, sender);
    const ends = [
      control.subscribe(subjects.control, onControl),
      ...(events === undefined ? [] : [control.subscribe(events, onEvent)]),
      bulk.subscribe(subjects.bulk, onBulk),
    ];
    return () => {
      for (const end of ends) end();
    };
  };

  if (options.mode === 'wildcard') {
    listen(eventsSubject(fleet, options.hearing === 'site' ? { site: self.site } : {}));
    return { admit: () => false, dismiss: () => undefined };
  }

  // Of other sites a device hears what its edge relays; it may not listen there itself.
  const eventsOf = (sender: NodePlace): string | undefined =>
    options.hearing === 'fleet' || sender.site === self.site ? eventsSubject(fleet, sender) : undefined;
  const live = new Map<string, { readonly site: string; readonly end: () => void }>();
  const dismiss = (node: string): void => {
    live.get(node)?.end();
    live.delete(node);
  };
  return {
    admit: place => {
      if (live.get(place.node)?.site === place.site) return false;
      dismiss(place.node);
      live.set(place.node, { site: place.site, end: listen(eventsOf(place), place) });
      return true;
    },
    dismiss,
  };
}
