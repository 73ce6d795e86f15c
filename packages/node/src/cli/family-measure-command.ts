// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SILENT_LOGGER } from '@aiflow/actor';
import { type ComputeFormat, type FamilyManifest, openFamilyFolder } from '@aiflow/model';
import type { Clock } from '@aiflow/time';
import { resolveFamilyFolder } from '../daemon/family-folder.ts';
import { pageBlocks } from '../family/family-page.ts';
import { drawFamily } from '../family/family-plot.ts';
import { fillBlocks } from '../family/markdown-blocks.ts';
import { measureFamily } from '../family/measure-family.ts';
import { MEASURED_FILE, type MeasuredFamily, writeMeasurements } from '../family/measured-family.ts';
import { cacheFolder } from '../fleet/cache-folder.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { formatFamily } from './format-family.ts';
import type { Terminal } from './terminal.ts';

/** Settings of `aiflow family measure`. */
export interface FamilyMeasureSettings {
  readonly folder: string;
  readonly limit?: number;
  readonly sample?: number;
  readonly formats?: readonly ComputeFormat[];
  readonly lanes?: number;
  readonly out?: string;
  readonly page?: readonly string[];
  readonly plot?: string;
  readonly cache?: string;
  readonly fresh?: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Between two lines about progress. */
const SAY_EVERY_MS = 5000;

/** `aiflow family measure`: writes measurements, pages and plot, and prints the table. */
export async function runMeasure(terminal: Terminal, settings: FamilyMeasureSettings): Promise<number> {
  const { clock, signal, limit, sample, formats, lanes, fresh = false } = settings;
  const familyFolder = resolveFamilyFolder(settings.folder, process.cwd());
  const say = sayNowAndThen(terminal, clock);
  const measured = await measureFamily(
    { clock, signal, logger: SILENT_LOGGER, onProgress: say },
    {
      ...{ familyFolder, limit, sample, formats, lanes, fresh },
      cacheFolder: settings.cache === undefined ? dirname(cacheFolder(terminal.environment)) : resolve(settings.cache),
    },
  );
  const { manifest } = await openFamilyFolder(familyFolder);
  for (const file of await writeAll(familyFolder, { manifest, measured, settings })) terminal.err(`wrote ${file}\n`);
  terminal.out(formatFamily(manifest, measured));
  return EXIT_STATUS.ok;
}

interface Written {
  readonly manifest: FamilyManifest;
  readonly measured: MeasuredFamily;
  readonly settings: FamilyMeasureSettings;
}

async function writeAll(familyFolder: string, { manifest, measured, settings }: Written): Promise<readonly string[]> {
  const out = settings.out === undefined ? join(familyFolder, MEASURED_FILE) : resolve(settings.out);
  await writeMeasurements(out, measured);
  const written = [out];
  const blocks = pageBlocks(manifest, measured);
  for (const page of settings.page ?? [join(familyFolder, 'MODEL-CARD.md')]) {
    const text = await readFile(page, 'utf8').catch(() => undefined);
    const filled = text === undefined ? undefined : fillBlocks(text, blocks);
    if (filled === undefined || filled === text) continue;
    await writeFile(page, filled);
    written.push(page);
  }
  if (settings.plot !== undefined) {
    await writeFile(settings.plot, drawFamily(manifest, measured));
    written.push(settings.plot);
  }
  return written;
}

/** A measurement speaks with each question; a person needs less. */
function sayNowAndThen(terminal: Terminal, clock: Clock): (line: string) => void {
  let saidAtMs = Number.NEGATIVE_INFINITY;
  return line => {
    const nowMs = clock.nowMs();
    if (nowMs - saidAtMs < SAY_EVERY_MS) return;
    saidAtMs = nowMs;
    terminal.err(`${line}\n`);
  };
}
