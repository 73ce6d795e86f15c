// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { fingerprintOf } from './identity.ts';

/** Decides whose adverts count. */
export interface TrustPolicy {
  /** False when any key may claim any free name: fit for one machine, and said loudly at start. */
  readonly namesAreBound: boolean;
  /** Throws `permission-denied` unless `publicKey` may speak as `node`. */
  check(node: string, publicKey: string): void;
}

/** Trusts the keys that the fleet file lists: node name to public key (base64url). */
export function createKeyListTrust(keys: Readonly<Record<string, string>>): TrustPolicy {
  const listed = new Map(Object.entries(keys));
  return {
    namesAreBound: true,
    check: (node, publicKey) => {
      const expected = listed.get(node);
      if (expected === publicKey) return;
      const shown = fingerprintOf(publicKey);
      const why =
        expected === undefined
          ? 'the fleet file lists no key for that name'
          : `the fleet file lists the key ${fingerprintOf(expected)}`;
      throw new AiflowError('permission-denied', `node ${node} with key ${shown} is not trusted: ${why}`, {
        details: { node, key: shown },
      });
    },
  };
}

/** Trusts whoever takes a name first, for as long as it holds it. For fleets on one machine. */
export function createFirstUseTrust(): TrustPolicy {
  return { namesAreBound: false, check: () => undefined };
}
