// SPDX-License-Identifier: Apache-2.0
import type { Envelope, MessageKind } from '@aiflow/protocol';
import { sampleEnvelope } from '@aiflow/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cancelOf, createExchangeLedger } from './exchange-ledger.ts';

const here = { node: 'client-1', bootId: 'b' };

function envelope(kind: MessageKind, id: string): Envelope {
  const ids = kind === 'ask' || kind === 'stream-open' ? { messageId: id } : { correlationId: id };
  return sampleEnvelope(here, 'device-1', { kind, ...ids });
}

describe('the exchanges open over one stream', () => {
  test.each(['ask', 'stream-open'] as const)('one is open from its %s until it is answered or cancelled', begin => {
    for (const end of ['reply', 'failure', 'stream-end'] as const) {
      const ledger = createExchangeLedger(8);
      ledger.sent(envelope(begin, 'a'));
      ledger.came(envelope(begin, 'b'));
      ledger.came(envelope('stream-item', 'a'));
      expect([ledger.ours(), ledger.theirs().map(({ messageId }) => messageId)]).toEqual([['a'], ['b']]);
      ledger.came(envelope(end, 'a'));
      ledger.sent(envelope(end, 'b'));
      expect(ledger.openCount).toBe(0);
    }
    const ledger = createExchangeLedger(8);
    ledger.came(envelope(begin, 'b'));
    ledger.came(envelope('cancel', 'b'));
    expect(ledger.theirs()).toEqual([]);
  });

  test('a tell opens none, and an answer to nothing ends none', () => {
    const ledger = createExchangeLedger(8);
    ledger.sent(envelope('tell', 'x'));
    ledger.sent(envelope('ask', 'a'));
    ledger.came(envelope('reply', 'other'));
    expect(ledger.ours()).toEqual(['a']);
  });

  test('a request past the bound is not opened', () => {
    const ledger = createExchangeLedger(2);
    expect(['a', 'b', 'c'].map(id => ledger.came(envelope('ask', id)))).toEqual([true, true, false]);
    expect(ledger.theirs()).toHaveLength(2);
    ledger.sent(envelope('reply', 'a'));
    expect(ledger.came(envelope('ask', 'c'))).toBe(true);
  });

  test('whatever goes and comes, no more is open than the bound, and nothing twice', () => {
    const kinds: MessageKind[] = ['ask', 'stream-open', 'reply', 'failure', 'stream-end', 'cancel', 'tell'];
    const step = fc.record({
      kind: fc.constantFrom(...kinds),
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      goes: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step), steps => {
        const ledger = createExchangeLedger(2);
        for (const { kind, id, goes } of steps) {
          if (goes) ledger.sent(envelope(kind, id));
          else ledger.came(envelope(kind, id));
          expect(ledger.ours().length).toBeLessThanOrEqual(2);
          expect(new Set(ledger.theirs().map(({ messageId }) => messageId)).size).toBe(ledger.theirs().length);
        }
      }),
    );
  });

  test('the cancel of a request says whose and which', () => {
    const request = envelope('ask', 'a');
    const cancel = cancelOf(request, 'left');
    expect(cancel).toMatchObject({ kind: 'cancel', correlationId: 'a', from: request.from, to: request.to });
    expect(cancel.payload).toHaveLength(0);
  });
});
