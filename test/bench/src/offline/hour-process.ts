// SPDX-License-Identifier: Apache-2.0
import { serveCommands } from '../harness/driven-process.ts';
import { playHour } from './play-hour.ts';

/** Plays the hour of one seed. */
export interface HourCommand {
  readonly seed: number;
}

serveCommands<HourCommand>(({ seed }) => playHour(seed));
