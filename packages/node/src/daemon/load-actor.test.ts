import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVirtualClock } from '@aiflow/time';
import { afterAll, expect, test } from 'vitest';
import { loadActor } from './load-actor.ts';

const folder = mkdtempSync(join(tmpdir(), 'aiflow-load-actor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'endless.mjs'), 'await new Promise(() => undefined);\nexport default {};\n');

test('a module that never finishes loading is given up, and named', async () => {
  const clock = createVirtualClock();
  const loading = loadActor({ module: './endless.mjs' }, folder, { clock, signal: new AbortController().signal });
  const refused = expect(loading).rejects.toMatchObject({
    code: 'deadline-exceeded',
    message: expect.stringMatching(/endless\.mjs.* took longer than 10000 ms/),
  });
  await clock.advance(10_000);
  await refused;
});

test('whoever stops the node does not wait for a module', async () => {
  const stop = new AbortController();
  const loading = loadActor({ module: './endless.mjs' }, folder, { clock: createVirtualClock(), signal: stop.signal });
  stop.abort(new Error('stopped'));
  await expect(loading).rejects.toThrow('stopped');
});
