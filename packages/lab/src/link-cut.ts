// SPDX-License-Identifier: Apache-2.0

/** How a link is cut; see link-emulator.ts, E3. */
export type LinkCut = 'reset' | 'silence' | 'stall';
