// SPDX-License-Identifier: Apache-2.0
import type { AiflowError } from '@aiflow/protocol';
import type { MemberChange, MemberChangeKind } from './member.ts';
import { type MemberEntry, memberOf } from './member-entry.ts';
import type { NodePlace } from './subjects.ts';

/** What the surroundings have to do. */
export type MembershipAction =
  | { readonly do: 'admit'; readonly place: NodePlace }
  | { readonly do: 'dismiss'; readonly node: string; readonly reason: AiflowError }
  | { readonly do: 'abandon'; readonly node: string; readonly reason: AiflowError }
  | { readonly do: 'forget'; readonly node: string }
  /** Send our own advert to this node alone; `loud`: say hello as well, for it may not hear us yet. */
  | { readonly do: 'introduce'; readonly place: NodePlace; readonly loud: boolean }
  /** Pass these bytes on to the site. */
  | { readonly do: 'relay'; readonly signedBytes: Uint8Array }
  /** Somebody claims a name that is taken: tell it by the holder's own advert. */
  | { readonly do: 'refuse'; readonly place: NodePlace; readonly holder: Uint8Array; readonly error: AiflowError }
  /** Our own name belongs to somebody else. */
  | { readonly do: 'yield'; readonly error: AiflowError }
  | { readonly do: 'tell'; readonly change: MemberChange };

/** What is told of a member as it is now. */
export function tell(kind: MemberChangeKind, entry: MemberEntry, nowMs: number): MembershipAction {
  return { do: 'tell', change: { kind, member: memberOf(entry, nowMs) } };
}

/** Nothing goes to and comes from this node any more. */
export function dismissal(entry: MemberEntry, reason: AiflowError): MembershipAction {
  return { do: 'dismiss', node: entry.advert.node, reason };
}
