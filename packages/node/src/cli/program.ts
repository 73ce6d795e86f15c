// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { addAskCommand } from './ask-commands.ts';
import type { CliContext } from './cli-context.ts';
import { addConfigCommands } from './config-commands.ts';
import { addFamilyCommands } from './family-commands.ts';
import { addFleetCommands } from './fleet-commands.ts';
import { addNodeCommands } from './node-commands.ts';
import { addOutboxCommands } from './outbox-commands.ts';
import { addRelayCommand } from './relay-commands.ts';
import { addSimulateCommand } from './simulate-commands.ts';
import { addTraceCommand } from './trace-commands.ts';

const EXAMPLES = `
Examples:
  aiflow up                                          start one cloud, one edge and one device here
  aiflow ask "…"                                     ask the fleet a question; --examples lists some
  aiflow nodes                                       who is there, with links and load
  aiflow call device-1 thermometer '{"celsius":21}'  ask an actor
  aiflow family show                                 the model's exits, with scores and costs
  aiflow relay                                       go on where another node stopped, and what that saves
  aiflow simulate FILE                               try your own links: aiflow simulate --profiles lists some
  aiflow trace                                       where the time of each question went, across the nodes
  aiflow ask --id trip-7 "…"                         kept on the disk: answered in a tunnel, finished after it
  aiflow answer trip-7                               what became of it; aiflow outbox: what still waits
  aiflow doctor                                      what is missing, and the remedy
`;

/** The whole command line. Each command's code is loaded when it runs, so that none waits for another's. */
export function buildProgram(context: CliContext): Command {
  const program = new Command('aiflow')
    .description('Device, edge and cloud answer together with one family of models.')
    .version('0.1.0')
    .showHelpAfterError('(aiflow --help shows the commands)')
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  addFleetCommands(program, context);
  addAskCommand(program, context);
  addNodeCommands(program, context);
  addConfigCommands(program, context);
  addFamilyCommands(program, context);
  addRelayCommand(program, context);
  addSimulateCommand(program, context);
  addTraceCommand(program, context);
  addOutboxCommands(program, context);
  return program;
}
