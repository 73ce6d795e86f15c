// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { measureLatency, measureThroughput } from './drive-load.ts';

test('keeps the asked number of requests in flight and counts each', async () => {
  let open = 0;
  let most = 0;
  let done = 0;
  const ask = async (): Promise<number> => {
    most = Math.max(most, ++open);
    await new Promise(resolve => setImmediate(resolve));
    open--;
    done++;
    return 8;
  };
  const figures = await measureThroughput(ask, { bytes: 8, inFlight: 16, durationMs: 20 });
  expect(most).toBe(16);
  expect(figures.asks).toBe(done);
  expect(figures.perSecond).toBeGreaterThan(0);
});

test('measures nothing of a contender that does not echo', async () => {
  const ask = async (): Promise<number> => 7;
  await expect(measureLatency(ask, { bytes: 8, samples: 1, batch: 1 })).rejects.toThrow(
    'an echo of 8 bytes came back with 7',
  );
  await expect(measureThroughput(ask, { bytes: 8, inFlight: 1, durationMs: 5 })).rejects.toThrow('came back with 7');
});
