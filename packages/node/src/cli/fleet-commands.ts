// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { CliContext } from './cli-context.ts';
import { withJsonErrors } from './exit-status.ts';
import { parseCount } from './parse-count.ts';
import { type AskingOptions, askingOf, withQuestion } from './question-options.ts';
import { type FleetOptions, onFleet, withFleet } from './with-fleet.ts';

/** Commands that start a fleet or speak to one: `up`, `demo`, `nodes`, `top`, `call`. */
export function addFleetCommands(program: Command, context: CliContext): void {
  addUp(program, context);
  addDemo(program, context);
  addNodes(program, context);
  addTop(program, context);
  addCall(program, context);
}

function addUp(program: Command, { terminal, clock, signal, done }: CliContext): void {
  program
    .command('up')
    .description('start a fleet on this machine and keep it running until Ctrl-C')
    .argument('[file]', 'fleet file; default: one cloud, one edge, one device')
    .option('--json', 'print one line of JSON when the fleet is ready')
    .option('--logs', "show the nodes' whole logs")
    .action(async (file: string | undefined, { json = false, logs = false }: { json?: boolean; logs?: boolean }) => {
      const { runUp } = await import('./up-command.ts');
      done(await runUp(terminal, { file, json, logs, clock, signal }));
    });
}

function addDemo(program: Command, { terminal, clock, signal, done }: CliContext): void {
  withQuestion(
    program
      .command('demo')
      .description('start three tiers, answer one question together, and stop: what npm start runs')
      .argument('[question]', 'default: an example of the family'),
  )
    .option('--json', 'print one object')
    .option('--trace', 'draw every span of the trace')
    .option('--keep', 'stay up after the answer')
    .option('--tunnel', 'cut the link of the device: a local answer, then the others finish it')
    .action(async (question: string | undefined, options: DemoCommandOptions) => {
      if (options.tunnel === true) {
        const { runTunnelDemo } = await import('./tunnel-demo.ts');
        return done(await runTunnelDemo(terminal, { clock, signal }));
      }
      const { runDemo } = await import('./demo-command.ts');
      const { json = false, trace = false, keep = false } = options;
      const settings = { question, asking: askingOf(options), json, trace, keep, clock, signal };
      const run = (): Promise<number> => runDemo(terminal, settings);
      done(await (json ? withJsonErrors(terminal, signal, run) : run()));
    });
}

interface DemoCommandOptions extends AskingOptions {
  readonly json?: boolean;
  readonly trace?: boolean;
  readonly keep?: boolean;
  readonly tunnel?: boolean;
}

function addNodes(program: Command, context: CliContext): void {
  onFleet(program.command('nodes').description('the nodes of a running fleet'))
    .option('--json', 'print JSON')
    .action(async (options: FleetOptions & { json?: boolean }) => {
      const { showNodes } = await import('./nodes-command.ts');
      const { json = false } = options;
      context.done(await withFleet(context, options, fleet => showNodes(context.terminal, fleet, { json })));
    });
}

function addTop(program: Command, context: CliContext): void {
  const { terminal, clock, signal, done } = context;
  onFleet(program.command('top').description('the same, refreshed'))
    .option('--interval <ms>', 'between refreshes', parseCount, 1000)
    .option('--count <n>', 'refreshes before it ends', parseCount)
    .action(async (options: FleetOptions & { interval: number; count?: number }) => {
      const { watchNodes } = await import('./nodes-command.ts');
      const { interval: intervalMs, count } = options;
      done(
        await withFleet(context, options, fleet => watchNodes(terminal, fleet, { clock, signal, intervalMs, count })),
      );
    });
}

function addCall(program: Command, context: CliContext): void {
  onFleet(program.command('call').description('ask an actor; the answer is JSON'))
    .argument('<node>', 'node name')
    .argument('<actor>', 'actor name')
    .argument('[json]', "the message; with several kinds of message, its field 'type' names one", '{}')
    .option('--timeout <ms>', 'the longest it may take', parseCount, 10_000)
    .option('--trace', 'draw the trace of the call across the nodes')
    .action(async (node: string, actor: string, json: string, options: FleetOptions & CallOptions) => {
      const { callActor } = await import('./call-command.ts');
      const { timeout: timeoutMs, trace = false } = options;
      const settings = { timeoutMs, trace, signal: context.signal };
      const target = { node, actor, json };
      context.done(await withFleet(context, options, fleet => callActor(context.terminal, fleet, target, settings)));
    });
}

interface CallOptions {
  readonly timeout: number;
  readonly trace?: boolean;
}
