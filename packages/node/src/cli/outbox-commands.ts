// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { Fleet } from '../client/fleet.ts';
import type { CliContext } from './cli-context.ts';
import { withJsonErrors } from './exit-status.ts';
import { type FleetOptions, onFleet, withFleet } from './with-fleet.ts';

interface OutboxOptions extends FleetOptions {
  readonly at?: string;
  readonly json?: boolean;
}

/** `aiflow outbox` and `aiflow answer`: what waits for other nodes, and what became of questions with an id. */
export function addOutboxCommands(program: Command, context: CliContext): void {
  const outbox = program.command('outbox').description('what a node owes others while a link is down');
  addList(outbox, context);
  addDrop(outbox, context);
  addRetry(outbox, context);
  addAnswer(program, context);
}

function addList(outbox: Command, context: CliContext): void {
  onNode(outbox.command('list', { isDefault: true }).description('what waits, what matters first at the top')).action(
    async (options: OutboxOptions) => {
      const { listItems } = await import('./outbox-command.ts');
      await run(context, options, fleet => listItems(context.terminal, fleet, options));
    },
  );
}

function addDrop(outbox: Command, context: CliContext): void {
  onNode(outbox.command('drop').argument('<id>', "an item's id, or 'all'").description('never send it')).action(
    async (id: string, options: OutboxOptions) => {
      const { dropItem } = await import('./outbox-command.ts');
      await run(context, options, fleet => dropItem(context.terminal, fleet, { ...options, id }));
    },
  );
}

function addRetry(outbox: Command, context: CliContext): void {
  onNode(outbox.command('retry').argument('[id]', "an item's id", 'all').description('offer it now')).action(
    async (id: string, options: OutboxOptions) => {
      const { retryItem } = await import('./outbox-command.ts');
      await run(context, options, fleet => retryItem(context.terminal, fleet, { ...options, id }));
    },
  );
}

function addAnswer(program: Command, context: CliContext): void {
  onNode(
    program
      .command('answer')
      .argument('[id]', 'as given to aiflow ask --id; default: the newest questions with one')
      .description('what became of a question that was asked with an id'),
  ).action(async (id: string | undefined, options: OutboxOptions) => {
    const { showAnswerOf } = await import('./answer-command.ts');
    const wanted = { ...options, ...(id === undefined ? {} : { id }) };
    await run(context, options, fleet => showAnswerOf(context.terminal, fleet, wanted));
  });
}

function onNode(command: Command): Command {
  return onFleet(command)
    .option('--at <node>', 'the node; default: the one that would be asked a question')
    .option('--json', 'print one object');
}

async function run(
  context: CliContext,
  options: OutboxOptions,
  show: (fleet: Fleet) => Promise<number>,
): Promise<void> {
  const inFleet = (): Promise<number> => withFleet(context, options, show);
  context.done(await (options.json === true ? withJsonErrors(context.terminal, context.signal, inFleet) : inFleet()));
}
