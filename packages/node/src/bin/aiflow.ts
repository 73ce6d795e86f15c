#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { runCli } from '../cli/run-cli.ts';

process.exitCode = await runCli(process.argv.slice(2), process);
