// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { describeFaults, playHour } from './play-hour.ts';

const seeds = process.env.HOUR_SEED === undefined ? [3] : process.env.HOUR_SEED.split(',').map(Number);

test.each(seeds)(
  'hour %i: every request is answered, once and rightly, whoever was cut off or killed',
  async seed => {
    const report = await playHour(seed);
    expect(describeFaults(report)).toEqual([]);
    expect(report.requests).toBeGreaterThan(150);
  },
  60_000,
);
