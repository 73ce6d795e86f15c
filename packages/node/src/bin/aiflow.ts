#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { createSystemClock } from '@aiflow/time';
import { runCli } from '../cli/run-cli.ts';
import { keepHeapSmall } from '../daemon/small-heap.ts';

keepHeapSmall();

process.exitCode = await runCli(process.argv.slice(2), process);

// What a user's module left running, such as a timer of its own, keeps no process that is done. The timer keeps none either.
createSystemClock().setTimer(2000, () => process.exit());
