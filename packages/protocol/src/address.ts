// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from './aiflow-error.ts';

/** Names of fleets, sites, nodes and actors: 1 to 63 of a-z, 0-9 and '-', so that each is one token of a NATS subject. */
const NAME = /^[a-z0-9$](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The three tiers: roles a node plays, never part of its address. */
export const TIERS = ['device', 'edge', 'cloud'] as const;

/** One of {@link TIERS}. */
export type Tier = (typeof TIERS)[number];

/** What a member of a mesh may be: a node of a tier, or a program that only asks. */
export const MEMBER_TIERS = ['device', 'edge', 'cloud', 'client'] as const;

/** One of {@link MEMBER_TIERS}. */
export type MemberTier = (typeof MEMBER_TIERS)[number];

/** Where a message goes: an actor on a node. Actor names that start with `$` belong to the runtime. */
export interface Address {
  readonly node: string;
  readonly actor: string;
}

/** True when `value` can name a fleet, site, node or actor. */
export function isName(value: string): boolean {
  return NAME.test(value);
}

/** Returns `value`, or throws `invalid-argument` saying which names are allowed. `what` is the noun used in the message. */
export function parseName(what: string, value: string): string {
  if (isName(value)) return value;
  throw new AiflowError(
    'invalid-argument',
    `${what} name ${JSON.stringify(value.slice(0, 80))} is not allowed: use 1 to 63 of a-z, 0-9 and '-', such as 'edge-1'`,
  );
}

/** Parses `actor@node`, the form that people write. Throws `invalid-argument`. */
export function parseAddress(text: string): Address {
  const at = text.indexOf('@');
  if (at < 0) {
    throw new AiflowError(
      'invalid-argument',
      `address ${JSON.stringify(text.slice(0, 80))} lacks '@': write actor@node`,
    );
  }
  return { actor: parseName('actor', text.slice(0, at)), node: parseName('node', text.slice(at + 1)) };
}

/** The inverse of {@link parseAddress}. */
export function formatAddress(address: Address): string {
  return `${address.actor}@${address.node}`;
}
