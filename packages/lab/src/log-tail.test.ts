// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLogTail } from './log-tail.ts';

test('lines come out the same however the text was cut into chunks', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z ]{0,12}$/)), fc.array(fc.nat(20)), (lines, cuts) => {
      const text = lines.map(line => `${line}\n`).join('');
      const heard: string[] = [];
      const tail = createLogTail();
      let from = 0;
      for (const cut of cuts) {
        tail.push(text.slice(from, from + cut), line => heard.push(line));
        from += cut;
      }
      tail.push(text.slice(from), line => heard.push(line));
      expect(heard).toEqual(lines);
    }),
  );
});

test('keeps the newest lines only, cuts long ones with a mark, and ends an open line on flush', () => {
  const tail = createLogTail({ maxLines: 2, maxLineChars: 5 });
  tail.push('one\ntwo\r\nthree and more\nopen');
  expect(tail.lines()).toEqual(['two', 'three [cut]']);
  tail.flush();
  expect(tail.lines()).toEqual(['three [cut]', 'open']);
});

test('a line without end takes no more memory than its bound', () => {
  const tail = createLogTail({ maxLineChars: 10 });
  for (let index = 0; index < 1000; index++) tail.push('x'.repeat(1000));
  tail.flush();
  expect(tail.lines()).toEqual([`${'x'.repeat(10)} [cut]`]);
});
