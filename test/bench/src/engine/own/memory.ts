// SPDX-License-Identifier: Apache-2.0
import { median } from '../../harness/statistics.ts';
import { REQUESTS } from '../own-rows.ts';
import type { OwnEngines } from './own-engine.ts';

/** Resident bytes of a host, early and late. */
export interface MemoryFigures {
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

const SESSIONS = 48;
/** Answers over which the median of resident bytes is taken. */
const SAMPLES = 100;

/** Opens sessions of many lengths and drafts in them, `requests` times, more than the warm-up takes. */
export async function measureMemory(own: OwnEngines, requests: number): Promise<MemoryFigures> {
  const [exit = 0] = own.exits;
  await using engine = await own.openHosted('int8', { exits: [exit], maxCacheBytes: 24 * 2 ** 20 });
  const samples: number[] = [];
  for (let request = 0; request < requests; request++) {
    const session = `session ${(request * 7) % SESSIONS}`;
    await engine.open({ session, prompt: own.prompt(`memory ${request % 211}`, 4 + ((request * 13) % 60)) });
    await engine.draft({ session, exit, base: 0, count: 3 });
    samples.push(engine.statistics().residentBytes);
  }
  return {
    beforeBytes: median(samples.slice(REQUESTS.warmUp - SAMPLES, REQUESTS.warmUp)),
    afterBytes: median(samples.slice(-SAMPLES)),
  };
}
