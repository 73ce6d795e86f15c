// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type ErrorCode } from '@aiflow/protocol';
import { type AdvertExpectations, readAdvert, type VerifiedAdvert } from './advert-reader.ts';
import type { Announcement } from './announcement.ts';
import type { RateLimitedLog } from './rate-limited-log.ts';

/** Adverts that were not believed, by reason. */
interface AdvertRefusals {
  forgedAdverts: number;
  untrustedAdverts: number;
  malformedAdverts: number;
  foreignAdverts: number;
}

/** Lets through adverts that hold, and counts and logs the rest, not too often. */
export interface AdvertIntake {
  /** Undefined for `own` words that came back, and for what was refused. */
  read(announcement: Announcement, own: Uint8Array): VerifiedAdvert | undefined;
  readonly counters: Readonly<AdvertRefusals>;
}

const REFUSALS: Readonly<Partial<Record<ErrorCode, keyof AdvertRefusals>>> = {
  unauthenticated: 'forgedAdverts',
  'permission-denied': 'untrustedAdverts',
  'failed-precondition': 'foreignAdverts',
};

/** An intake for one boot of one node. */
export function createAdvertIntake(
  log: RateLimitedLog,
  expectations: AdvertExpectations & { readonly node: string; readonly bootId: string },
): AdvertIntake {
  const counters: AdvertRefusals = { forgedAdverts: 0, untrustedAdverts: 0, malformedAdverts: 0, foreignAdverts: 0 };

  /** Others may say that our name is taken; only its holder can prove it. */
  const noteRumour = ({ advert, route }: VerifiedAdvert, from: string): void => {
    if (route !== 'relayed' || advert.node !== expectations.node || advert.bootId === expectations.bootId) return;
    log.warn('rumour', `node ${from} knows our name ${advert.node} as boot ${advert.bootId}, not as ours`, { from });
  };

  return {
    counters,
    read: (announcement, own) => {
      if (isSame(announcement.bytes, own)) return undefined;
      try {
        const verified = readAdvert(announcement, expectations);
        noteRumour(verified, announcement.from.node);
        return verified;
      } catch (cause) {
        const error = AiflowError.from(cause, 'internal');
        const counter = REFUSALS[error.code] ?? 'malformedAdverts';
        counters[counter]++;
        log.warn(counter, `refused an advert: ${error.message}`, { from: announcement.from.node });
        return undefined;
      }
    },
  };
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && Buffer.compare(one, other) === 0;
}
