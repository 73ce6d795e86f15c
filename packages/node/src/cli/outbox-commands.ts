// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
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
  onNode(outbox.command('list', { isDefault: true }).description('what waits, what matters first at the top')).action(
    (options: OutboxOptions) =>
      run(context, options, async (use, fleet) => use.listItems(context.terminal, fleet, options)),
  );
  onNode(outbox.command('drop').argument('<id>', "an item's id, or 'all'").description('never send it')).action(
    (id: string, options: OutboxOptions) =>
      run(context, options, async (use, fleet) => use.dropItem(context.terminal, fleet, { ...options, id })),
  );
  onNode(outbox.command('retry').argument('[id]', "an item's id; default: all").description('offer it now')).action(
    (id: string | undefined, options: OutboxOptions) =>
      run(context, options, async (use, fleet) =>
        use.retryItem(context.terminal, fleet, { ...options, id: id ?? 'all' }),
      ),
  );
  onNode(
    program
      .command('answer')
      .argument('[id]', 'as given to aiflow ask --id; default: the newest questions with one')
      .description('what became of a question that was asked with an id'),
  ).action(async (id: string | undefined, options: OutboxOptions) => {
    const { showAnswerOf } = await import('./answer-command.ts');
    const show = (): Promise<number> =>
      withFleet(context, options, fleet =>
        showAnswerOf(context.terminal, fleet, { ...options, ...(id === undefined ? {} : { id }) }),
      );
    context.done(await (options.json === true ? withJsonErrors(context.terminal, context.signal, show) : show()));
  });
}

function onNode(command: Command): Command {
  return onFleet(command)
    .option('--at <node>', 'the node; default: the one that would be asked a question')
    .option('--json', 'print one object');
}

type OutboxCode = typeof import('./outbox-command.ts');

async function run(
  context: CliContext,
  options: OutboxOptions,
  work: (use: OutboxCode, fleet: Parameters<Parameters<typeof withFleet>[2]>[0]) => Promise<number>,
): Promise<void> {
  const use = await import('./outbox-command.ts');
  const inFleet = (): Promise<number> => withFleet(context, options, fleet => work(use, fleet));
  context.done(await (options.json === true ? withJsonErrors(context.terminal, context.signal, inFleet) : inFleet()));
}
