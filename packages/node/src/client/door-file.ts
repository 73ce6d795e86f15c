// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { parseName } from '@aiflow/protocol';
import { z } from 'zod';
import { readLiveFiles, writeLiveFile } from './live-files.ts';

const DOOR_FILE = z.object({
  fleet: z.string(),
  node: z.string(),
  tier: z.string(),
  /** Path of the socket. */
  socket: z.string(),
  pid: z.number().int().positive(),
  startedAt: z.string(),
});

/** How to reach a node that runs on this machine by its door; written by `aiflow node`, readable by its owner alone. */
export type DoorFile = z.infer<typeof DOOR_FILE>;

/** Names have no dots, so no run file of a fleet ends like this. */
const ENDING = '.door';

/** Writes the door file of a node into the folder of run files. */
export async function writeDoorFile(folder: string, door: DoorFile): Promise<AsyncDisposable> {
  const name = `${parseName('fleet', door.fleet)}.${parseName('node', door.node)}${ENDING}`;
  return writeLiveFile(join(folder, name), door);
}

/** The door files whose process still lives; the others are removed. */
export function readDoorFiles(folder: string): Promise<readonly DoorFile[]> {
  return readLiveFiles(folder, ENDING, DOOR_FILE);
}
