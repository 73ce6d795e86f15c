// SPDX-License-Identifier: Apache-2.0
import { type Address, AiflowError } from '@aiflow/protocol';
import { formatSubject, type Lane, type NodePlace } from './subjects.ts';

/** The nodes a transport may speak with, and where they are. */
export interface PeerTable {
  admit(place: NodePlace): void;
  /** From now on messages to `node` fail with `reason`. */
  dismiss(node: string, reason: AiflowError): void;
  /** Forgets that `node` was ever known. */
  forget(node: string): void;
  /** The place of an admitted node. */
  placeOf(node: string): NodePlace | undefined;
  /** True when `place` is where the admitted node of that name is. */
  isAdmitted(place: NodePlace): boolean;
  /** The subject of a message to `to`. Throws the reason of a dismissal, or `unavailable` with the nodes that are known. */
  subjectFor(to: Address, lane: Lane): string;
  /** Names of the admitted nodes, sorted. */
  names(): readonly string[];
}

interface Peer {
  readonly place: NodePlace;
  readonly dismissed: AiflowError | undefined;
  readonly subjects: Map<string, string>;
}

/** Subjects remembered for a peer; past it they are made anew. */
const MAX_SUBJECTS = 1024;
const MAX_NAMES_SHOWN = 12;

/** A table for `self` with nobody in it. */
export function createPeerTable(fleet: string, self: NodePlace): PeerTable {
  const peers = new Map<string, Peer>();
  const enter = (place: NodePlace, dismissed: AiflowError | undefined): void => {
    peers.set(place.node, { place, dismissed, subjects: new Map() });
  };
  const names = (): readonly string[] =>
    [...peers.values()]
      .filter(peer => peer.dismissed === undefined)
      .map(peer => peer.place.node)
      .sort();
  const admitted = (node: string): Peer | undefined => {
    const peer = peers.get(node);
    return peer?.dismissed === undefined ? peer : undefined;
  };
  return {
    admit: place => {
      const known = admitted(place.node);
      if (known === undefined || known.place.site !== place.site) enter(place, undefined);
    },
    dismiss: (node, reason) => {
      const known = peers.get(node);
      if (known !== undefined) enter(known.place, reason);
    },
    forget: node => void peers.delete(node),
    placeOf: node => admitted(node)?.place,
    isAdmitted: place => admitted(place.node)?.place.site === place.site,
    subjectFor: (to, lane) => {
      const peer = peers.get(to.node);
      if (peer === undefined) throw unknownNode(self.node, to, names());
      if (peer.dismissed !== undefined) throw peer.dismissed;
      const key = lane === 'control' ? to.actor : `${lane} ${to.actor}`;
      const known = peer.subjects.get(key);
      if (known !== undefined) return known;
      const subject = formatSubject({ kind: 'message', fleet, from: self, to: peer.place, actor: to.actor, lane });
      if (peer.subjects.size >= MAX_SUBJECTS) peer.subjects.clear();
      peer.subjects.set(key, subject);
      return subject;
    },
    names,
  };
}

function unknownNode(self: string, to: Address, known: readonly string[]): AiflowError {
  const shown = known.slice(0, MAX_NAMES_SHOWN).join(', ');
  const more = known.length > MAX_NAMES_SHOWN ? ` and ${known.length - MAX_NAMES_SHOWN} more` : '';
  const list = known.length === 0 ? 'no other node is known' : `known are ${shown}${more}`;
  return new AiflowError('unavailable', `node ${to.node} is not on the mesh: ${list}`, {
    hop: `${self} -> ${to.node}/${to.actor}`,
  });
}
