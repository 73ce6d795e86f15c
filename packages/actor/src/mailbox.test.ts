// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMailbox, type Letter } from './mailbox.ts';

interface Note extends Letter {
  readonly id: number;
}

test('behaves as a bounded list in which the newest of a key takes the place of the older one', () => {
  const action = fc.oneof(
    fc.record({ do: fc.constant('offer' as const), key: fc.constantFrom(undefined, 'a', 'b') }),
    fc.record({ do: fc.constant('take' as const) }),
    fc.record({ do: fc.constant('remove' as const), index: fc.nat(5) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (actions, capacity) => {
      const mailbox = createMailbox<Note>(capacity);
      const model: Note[] = [];
      for (const [id, each] of actions.entries()) {
        if (each.do === 'offer') {
          const note = { id, latestKey: each.key };
          const older = model.findIndex(other => each.key !== undefined && other.latestKey === each.key);
          const room = older >= 0 || model.length < capacity;
          expect(mailbox.offer(note)).toEqual(
            older >= 0 ? { accepted: true, replaced: model[older] } : { accepted: room },
          );
          if (older >= 0) model[older] = note;
          else if (room) model.push(note);
        } else if (each.do === 'take') expect(mailbox.take()).toBe(model.shift());
        else {
          const [note] = model.splice(each.index, 1);
          expect(mailbox.remove(note ?? { id: -1, latestKey: undefined })).toBe(note !== undefined);
        }
        expect(mailbox.depth).toBe(model.length);
      }
    }),
  );
});

test('keeps order and bound however many come and leave from the middle', () => {
  const mailbox = createMailbox<Note>(8);
  const model: Note[] = [];
  for (let id = 0; id < 1000; id++) {
    const [stays, leaves] = [0, 1].map(part => ({ id: 2 * id + part, latestKey: undefined })) as [Note, Note];
    expect([mailbox.offer(stays), mailbox.offer(leaves)]).toEqual([{ accepted: true }, { accepted: true }]);
    expect([mailbox.remove(leaves), mailbox.remove(leaves)]).toEqual([true, false]);
    model.push(stays);
    if (model.length < 6) continue;
    for (let taken = 0; taken < 1 + (id % 5); taken++) expect(mailbox.take()).toBe(model.shift());
    expect(mailbox.depth).toBe(model.length);
  }
});
