// SPDX-License-Identifier: Apache-2.0
import { createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { createExchangeLimits, type ExchangeLimits } from './exchange-limits.ts';
import type { SessionOptions } from './session-options.ts';

function limits(remainingMs: number, options: SessionOptions = {}): ExchangeLimits {
  return createExchangeLimits(createVirtualClock(), options, () => remainingMs);
}

const unknown = {};

test('an exchange gets a share of the time left, between the least and its setting', () => {
  expect(limits(30_000).openMs(unknown, 1)).toBe(2000);
  expect(limits(4000).openMs(unknown, 1)).toBe(1000);
  expect(limits(1000).openMs(unknown, 1)).toBe(750);
  expect(limits(30_000, { openTimeoutMs: 400 }).openMs(unknown, 1)).toBe(400);
  expect(limits(6000).verdictMs(unknown)).toBe(2000);
  expect(limits(6000).draftMs()).toBe(3000);
});

test('a link that was measured to be slow is waited for, up to half of the time left', () => {
  expect(limits(2800).openMs({ roundTripMs: 400 }, 1)).toBe(1200);
  expect(limits(2800).openMs({ roundTripMs: 600 }, 1)).toBe(1400);
  expect(limits(30_000).openMs({ roundTripMs: 2500 }, 1)).toBe(7500);
  expect(limits(30_000).openMs({ roundTripMs: 20 }, 1)).toBe(2000);
  expect(limits(2000).verdictMs({ roundTripMs: 600 })).toBe(1000);
});

test('a verdict has the time of one round trip and a half, however little is left', () => {
  expect(limits(1500).verdictMs({ roundTripMs: 900 })).toBe(1350);
  expect(limits(1000).verdictMs({ roundTripMs: 900 })).toBe(1000);
  expect(limits(1500).verdictMs({ openedInMs: 900 })).toBe(1350);
  expect(limits(1500).verdictMs({ roundTripMs: 20, openedInMs: 900 })).toBe(750);
  expect(limits(30_000).verdictMs({ openedInMs: 2000 })).toBe(3000);
  expect(limits(1500).openMs({ roundTripMs: 900 }, 1)).toBe(1350);
  expect(limits(1500).openMs({ roundTripMs: 20_000 }, 1)).toBe(750);
});

test('an opening after a failed one has more time, as the link may be slow', () => {
  expect(limits(2250).openMs(unknown, 2)).toBe(1125);
  expect(limits(30_000).openMs(unknown, 3)).toBe(2000);
});
