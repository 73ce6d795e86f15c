// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@aiflow/time';
import { Command, InvalidArgumentError, Option } from 'commander';
import { connect } from '../client/connect.ts';
import type { Fleet } from '../client/fleet.ts';
import { callActor } from './call-command.ts';
import { type ConfigKind, printSchema, showConfig, validateConfig } from './config-command.ts';
import { runDoctor } from './doctor-command.ts';
import { runNode } from './node-command.ts';
import { showNodes, watchNodes } from './nodes-command.ts';
import type { Terminal } from './terminal.ts';
import { runUp } from './up-command.ts';

/** What every command works with. */
export interface CliContext {
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** Aborted by Ctrl-C and the signals that ask a process to end. */
  readonly signal: AbortSignal;
  /** Takes the exit status of the command that ran. */
  readonly done: (status: number) => void;
}

const EXAMPLES = `
Examples:
  aiflow up                                        start one cloud, one edge and one device here
  aiflow nodes                                     who is there, with links and load
  aiflow call device-1 thermometer '{"celsius":21}'  ask an actor
  aiflow doctor                                    what is missing, and the remedy
`;

/** The whole command line. */
export function buildProgram(context: CliContext): Command {
  const program = new Command('aiflow')
    .description('Device, edge and cloud answer together with one family of models.')
    .version('0.1.0')
    .showHelpAfterError('(aiflow --help shows the commands)')
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  addFleetCommands(program, context);
  addNodeCommands(program, context);
  addConfigCommands(program, context);
  return program;
}

function addFleetCommands(program: Command, context: CliContext): void {
  const { terminal, clock, signal, done } = context;
  program
    .command('up')
    .description('start a fleet on this machine and keep it running until Ctrl-C')
    .argument('[file]', 'fleet file; default: one cloud, one edge, one device')
    .option('--json', 'print one line of JSON when the fleet is ready')
    .option('--logs', "show the nodes' whole logs")
    .action(async (file: string | undefined, options: { json?: boolean; logs?: boolean }) =>
      done(await runUp(terminal, { file, json: options.json === true, logs: options.logs === true, clock, signal })),
    );
  onFleet(program.command('nodes').description('the nodes of a running fleet'), context)
    .option('--json', 'print JSON')
    .action(async (options: FleetOptions & { json?: boolean }) =>
      done(await withFleet(context, options, fleet => showNodes(terminal, fleet, { json: options.json === true }))),
    );
  onFleet(program.command('top').description('the same, refreshed'), context)
    .option('--interval <ms>', 'between refreshes', parseCount, 1000)
    .option('--count <n>', 'refreshes before it ends', parseCount)
    .action(async (options: FleetOptions & { interval: number; count?: number }) =>
      done(
        await withFleet(context, options, fleet =>
          watchNodes(terminal, fleet, { clock, signal, intervalMs: options.interval, count: options.count }),
        ),
      ),
    );
  onFleet(program.command('call').description('ask an actor; the answer is JSON'), context)
    .argument('<node>', 'node name')
    .argument('<actor>', 'actor name')
    .argument('[json]', "the message; with several kinds of message, its field 'type' names one", 'null')
    .option('--timeout <ms>', 'the longest it may take', parseCount, 10_000)
    .option('--trace', 'draw the trace of the call across the nodes')
    .action(
      async (node: string, actor: string, json: string, options: FleetOptions & { timeout: number; trace?: boolean }) =>
        done(
          await withFleet(context, options, fleet =>
            callActor(
              terminal,
              fleet,
              { node, actor, json },
              { timeoutMs: options.timeout, trace: options.trace === true, signal },
            ),
          ),
        ),
    );
}

function addNodeCommands(program: Command, context: CliContext): void {
  const { terminal, clock, signal, done } = context;
  program
    .command('node')
    .description('run one node: the daemon')
    .requiredOption('--config <file>', 'node file (YAML)')
    .action(async (options: { config: string }) =>
      done(await runNode(terminal, { file: options.config, clock, signal })),
    );
  program
    .command('doctor')
    .description('check this machine, the files given and the fleets running here')
    .argument('[files...]', 'node files to check as well')
    .option('--limit <ms>', 'the longest one check may take', parseCount, 10_000)
    .action(async (files: string[], options: { limit: number }) =>
      done(await runDoctor(terminal, { clock, signal, configFiles: files, limitMs: options.limit })),
    );
}

function addConfigCommands(program: Command, context: CliContext): void {
  const { terminal, done } = context;
  const config = program.command('config').description('check and show configuration files');
  const kind = (): Option => new Option('--kind <kind>', 'what the file is').choices(['node', 'fleet']).default('node');
  config
    .command('validate')
    .description('check a file; every problem is listed with its path and line')
    .argument('<file>')
    .addOption(kind())
    .action(async (file: string, options: { kind: ConfigKind }) =>
      done(await validateConfig(terminal, file, options.kind)),
    );
  config
    .command('show')
    .description('the effective configuration, secrets masked')
    .argument('<file>')
    .addOption(kind())
    .action(async (file: string, options: { kind: ConfigKind }) =>
      done(await showConfig(terminal, file, options.kind)),
    );
  config
    .command('schema')
    .description('the JSON schema of a file')
    .addOption(kind())
    .action((options: { kind: ConfigKind }) => done(printSchema(terminal, options.kind)));
}

interface FleetOptions {
  readonly fleet?: string;
  readonly url?: string;
}

function onFleet(command: Command, _context: CliContext): Command {
  return command
    .option('--fleet <name>', 'which fleet; default: the one that runs on this machine')
    .option('--url <url>', 'its broker, when it runs elsewhere');
}

async function withFleet(
  context: CliContext,
  options: FleetOptions,
  use: (fleet: Fleet) => Promise<number>,
): Promise<number> {
  const { terminal, clock, signal } = context;
  const target = {
    ...(options.fleet === undefined ? {} : { fleet: options.fleet }),
    ...(options.url === undefined ? {} : { url: options.url }),
  };
  await using fleet = await connect({ ...target, environment: terminal.environment, clock, signal });
  return await use(fleet);
}

function parseCount(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a whole number above 0');
}
