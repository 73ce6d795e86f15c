// SPDX-License-Identifier: Apache-2.0
import { isGone, type MemberEntry } from './member-entry.ts';

/** The rows of the membership, by name. Bounded: see M6 of membership.ts. */
export interface MemberTable {
  get(node: string): MemberEntry | undefined;
  /** In the order in which they entered. */
  entries(): readonly MemberEntry[];
  /** False when every place is held by somebody who is not gone. The name of who gave up its place, if any, comes with it. */
  enter(entry: MemberEntry): { readonly entered: boolean; readonly evicted?: string };
  remove(node: string): void;
}

/** A table with nobody in it. */
export function createMemberTable(maxMembers: number): MemberTable {
  const rows = new Map<string, MemberEntry>();
  const longestGone = (): string | undefined =>
    [...rows.values()].filter(isGone).sort((one, other) => one.heardMs - other.heardMs)[0]?.advert.node;
  return {
    get: node => rows.get(node),
    entries: () => [...rows.values()],
    enter: entry => {
      const evicted = rows.size < maxMembers ? undefined : longestGone();
      if (rows.size >= maxMembers && evicted === undefined) return { entered: false };
      if (evicted !== undefined) rows.delete(evicted);
      rows.set(entry.advert.node, entry);
      return { entered: true, ...(evicted === undefined ? {} : { evicted }) };
    },
    remove: node => void rows.delete(node),
  };
}
