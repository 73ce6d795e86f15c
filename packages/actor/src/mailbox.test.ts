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

test('keeps order while many come, some leave from the middle, and one waits for ever', () => {
  const mailbox = createMailbox<Note>(8);
  const note = (id: number): Note => ({ id, latestKey: undefined });
  mailbox.offer(note(-1));
  for (let round = 0; round < 500; round++) {
    const [early, late] = [note(2 * round), note(2 * round + 1)];
    expect([mailbox.offer(early), mailbox.offer(late)]).toEqual([{ accepted: true }, { accepted: true }]);
    expect(mailbox.remove(early)).toBe(true);
    expect(mailbox.remove(early)).toBe(false);
    if (round % 2 === 1) continue;
    expect(mailbox.remove(late)).toBe(true);
    mailbox.offer(late);
    if (mailbox.depth < 7) continue;
    const taken = Array.from({ length: mailbox.depth }, () => mailbox.take());
    expect(taken.map(each => each?.id)).toEqual(taken.map(each => each?.id).sort((a = 0, b = 0) => a - b));
    mailbox.offer(taken[0] as Note);
  }
  expect(mailbox.take()?.id).toBe(-1);
});
