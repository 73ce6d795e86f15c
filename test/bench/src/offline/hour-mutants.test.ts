// SPDX-License-Identifier: Apache-2.0
import type { CourierCollaborators } from '@aiflow/outbox';
import { AiflowError } from '@aiflow/protocol';
import { describe, expect, test } from 'vitest';
import { overlay } from './hour-ledger.ts';
import type { HourMutant } from './hour-node.ts';
import { playHour } from './play-hour.ts';

// What a clean hour says is worth something only if a broken part spoils it.

interface BrokenPart {
  readonly name: string;
  readonly mutant: HourMutant;
  readonly list: 'doubled' | 'lost';
  readonly says: RegExp;
}

type Offer = CourierCollaborators['offer'];

const FORGETFUL: NonNullable<HourMutant['store']> = store =>
  overlay(store, {
    receiving: {
      standing: () => 'new',
      receive: async (_arrival, changes) => void (await store.commit(changes)),
    },
  });

/** Every other one. */
function losingReceipts(offer: Offer): Offer {
  let receipts = 0;
  return async (node, delivery, limits) => {
    const receipt = await offer(node, delivery, limits);
    receipts += 1;
    if (receipts % 2 === 0) throw new AiflowError('deadline-exceeded', 'the receipt was lost');
    return receipt;
  };
}

const BROKEN: readonly BrokenPart[] = [
  {
    name: 'an inbox that forgets its marks',
    list: 'doubled',
    says: /taken in 2 times/,
    mutant: { store: FORGETFUL },
  },
  {
    name: 'an owner that takes every answer, where its inbox forgets and receipts get lost',
    list: 'doubled',
    says: /^r-\d+ was (revised|answered)/,
    mutant: {
      store: FORGETFUL,
      offer: losingReceipts,
      book: book =>
        overlay(book, {
          claim: (id, item, decide) => book.claim(id, item, record => decide({ ...record, state: 'alone' })),
        }),
    },
  },
  {
    name: 'a courier that drops what was not taken at the first offer',
    list: 'lost',
    says: /is gone/,
    mutant: {
      offer: (offer, store) => async (node, delivery, limits) => {
        try {
          return await offer(node, delivery, limits);
        } catch (error) {
          await store.commit([{ kind: 'end', id: delivery.id, how: 'dropped' }]);
          throw error;
        }
      },
    },
  },
  { name: 'a disk that syncs nothing', list: 'lost', says: /is forgotten/, mutant: { syncs: false } },
];

describe('an hour is spoilt by', () => {
  test.each(BROKEN)(
    '$name',
    async ({ mutant, list, says }) => {
      const report = await playHour(1, mutant);
      expect(report[list].find(why => says.test(why))).toBeDefined();
    },
    120_000,
  );
});
