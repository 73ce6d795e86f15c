// SPDX-License-Identifier: Apache-2.0
import type { PlacementNode } from '@aiflow/placement';
import type { Address, Tier } from '@aiflow/protocol';

/** An actor somewhere on the mesh and one thing it can do. */
export interface DirectoryEntry {
  readonly address: Address;
  readonly tier: Tier;
  readonly capability: string;
}

/** Knows who can do what, as adverts say. The answerer asks it once per request and pins what it chose. */
export interface Directory {
  /** Actors on other nodes with a capability that starts with `prefix`, such as `verify:nano:`; best first. */
  find(prefix: string): readonly DirectoryEntry[];
  /** What a node says that a family's exits cost there, how busy it is and what it draws; undefined while nothing is known. */
  costs(node: string, family: string): PlacementNode | undefined;
}
