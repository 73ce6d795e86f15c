// SPDX-License-Identifier: Apache-2.0

/** What a link does to messages. Everything defaults to 0: at once, in order, exactly one of each. */
export interface LinkFaults {
  /** Every message takes this long. */
  readonly delayMs?: number;
  /** Each message takes up to this much longer. */
  readonly jitterMs?: number;
  /** Share of messages that vanish, 0 to 1. */
  readonly loss?: number;
  /** Share of messages that arrive twice. */
  readonly duplicate?: number;
  /** Share of messages that are held back so that later ones overtake them. */
  readonly reorder?: number;
  /** How much later a message held back, or a second copy, arrives at most. Default 10. */
  readonly reorderMs?: number;
}
