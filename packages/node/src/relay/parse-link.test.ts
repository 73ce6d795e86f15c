// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { parseLink } from './parse-link.ts';

test.each([
  ['10mbit,20ms', { delayMs: 10, bytesPerSecond: 1_250_000 }],
  ['512kbit/s, 100', { delayMs: 50, bytesPerSecond: 64_000 }],
  ['1.5M,0ms', { delayMs: 0, bytesPerSecond: 187_500 }],
  ['1gbit,0.4ms', { delayMs: 0.2, bytesPerSecond: 125_000_000 }],
])('%s', (text, link) => {
  expect(parseLink(text)).toEqual(link);
});

test.each(['', '10mbit', '10,20', '10mbit,-1', '0kbit,20', '10mbit,20ms,3', '10tbit,5', '10mbit,99999'])(
  "'%s' is refused with an example",
  text => {
    expect(() => parseLink(text)).toThrow(/give rate and round trip, such as 10mbit,20ms/);
  },
);
