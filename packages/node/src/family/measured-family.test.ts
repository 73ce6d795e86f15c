import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  findMeasurements,
  hashManifest,
  MEASURED_FILE,
  type MeasuredFamily,
  writeMeasurements,
} from './measured-family.ts';

async function measuredFolder(): Promise<{ folder: string; measured: MeasuredFamily }> {
  const folder = mkdtempSync(join(tmpdir(), 'aiflow-measured-'));
  writeFileSync(join(folder, 'manifest.json'), '{}');
  const measured: MeasuredFamily = {
    ...{ schema: 1, family: 'nano', version: '1', manifestSha256: await hashManifest(folder), suiteSha256: 's' },
    machine: { processor: 'p', cores: 2, node: 'v20' },
    ...{ questions: 1, kinds: [], cells: [], confidence: [], policies: [], leftOut: [] },
  };
  await writeMeasurements(join(folder, MEASURED_FILE), measured);
  return { folder, measured };
}

test('measurements are current as long as the manifest is the same, to the byte', async () => {
  const { folder, measured } = await measuredFolder();
  expect(await findMeasurements(folder)).toEqual({ state: 'current', measured });
  writeFileSync(join(folder, 'manifest.json'), '{ }');
  expect(await findMeasurements(folder)).toMatchObject({ state: 'stale', manifestSha256: await hashManifest(folder) });
});

test('a folder without measurements says so, and a file that holds none is refused', async () => {
  const { folder } = await measuredFolder();
  expect(await findMeasurements(folder, join(folder, 'other.json'))).toEqual({ state: 'missing' });
  writeFileSync(join(folder, MEASURED_FILE), '{"schema":2}');
  await expect(findMeasurements(folder)).rejects.toMatchObject({ code: 'data-loss' });
});
