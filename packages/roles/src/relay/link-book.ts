// SPDX-License-Identifier: Apache-2.0

/** What is known of the link to a node; what was not measured yet is undefined. */
export interface LinkFigures {
  readonly rttMs: number | undefined;
  readonly bytesPerSecond: number | undefined;
}

/** Knows the links of this node as the mesh measures them. */
export interface LinkBook {
  to(node: string): LinkFigures;
}

/** A book in which nothing stands. */
export const EMPTY_LINK_BOOK: LinkBook = { to: () => ({ rttMs: undefined, bytesPerSecond: undefined }) };
