// SPDX-License-Identifier: Apache-2.0
import { openFamilyFolder } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { connect } from '../client/connect.ts';
import type { Fleet, FleetNode } from '../client/fleet.ts';
import { FLEET_CONFIG } from '../config/fleet-config.ts';
import { readConfig } from '../config/parse-config.ts';
import { resolveFamilyFolder } from '../daemon/family-folder.ts';
import { type RunningFleet, startFleet } from '../fleet/start-fleet.ts';
import { formatRelay } from '../relay/format-relay.ts';
import { type EmulatedLink, parseLink } from '../relay/parse-link.ts';
import { checkRelayExit, chooseRelayPair, type PairWish } from '../relay/relay-pair.ts';
import { longQuestion } from '../relay/relay-question.ts';
import { reportRelay } from '../relay/relay-report.ts';
import { runRelay } from '../relay/run-relay.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';
import { DEFAULT_FLEET_FILE } from './up-command.ts';
import type { FleetOptions } from './with-fleet.ts';

/** Settings of `aiflow relay`. */
export interface RelayOptions extends PairWish {
  readonly question: string | undefined;
  /** Tokens the source says before the other goes on. */
  readonly after: number;
  readonly maxTokens: number;
  readonly repeats: number;
  readonly deadlineMs: number;
  /** `RATE,RTT` of an emulated link of the source, in a fleet of its own. */
  readonly link: string | undefined;
  readonly fleet: FleetOptions;
  readonly json: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Of the fleet that is started here; its held-out questions are the default ones. */
const FAMILY = 'nano';

/** Time for the mesh to measure a link that was just opened. */
const SETTLE_MS = 10_000;

/** Shows what going on where another node stopped saves: on the fleet that runs here, else on one of its own. */
export async function runRelayCommand(terminal: Terminal, options: RelayOptions): Promise<number> {
  if (options.question?.trim() === '')
    throw new AiflowError('invalid-argument', 'the question is empty: ask something');
  const link = options.link === undefined ? undefined : parseLink(options.link);
  const fleet = link === undefined ? await joinRunning(terminal, options) : undefined;
  if (fleet !== undefined) {
    await using _joined = fleet;
    return await relay(terminal, fleet, { options, link });
  }
  await using running = await startOwn(terminal, options, link);
  const { clock, signal } = options;
  await using own = await connect({ fleet: running.run.fleet, environment: terminal.environment, clock, signal });
  await own.waitForNodes(running.processes.length, { timeoutMs: SETTLE_MS, signal });
  return await Promise.race([relay(terminal, own, { options, link }), failureOf(running)]);
}

interface Asked {
  readonly options: RelayOptions;
  readonly link: EmulatedLink | undefined;
}

async function relay(terminal: Terminal, fleet: Fleet, { options, link }: Asked): Promise<number> {
  const nodes = fleet.nodes();
  await checkExit(options.exit, nodes);
  const pair = chooseRelayPair(nodes, options);
  const question = options.question ?? (await longQuestion(resolveFamilyFolder(FAMILY, process.cwd())));
  const { after, maxTokens, repeats, deadlineMs, signal } = options;
  if (!options.json) showQuestion(terminal, question, options.question === undefined);
  const trials = await runRelay(fleet, { question, pair, after, maxTokens, repeats, deadlineMs, signal });
  const askedLink = link && { rttMs: 2 * link.delayMs, bytesPerSecond: link.bytesPerSecond };
  const report = reportRelay(question, pair, trials, askedLink);
  terminal.out(options.json ? `${JSON.stringify(report)}\n` : formatRelay(report, terminal.color));
  return EXIT_STATUS.ok;
}

function showQuestion({ color, out }: Terminal, question: string, isDefault: boolean): void {
  const origin = 'no question was given: these are questions of the family, put into one where one is too short';
  const why = 'the longer the text, the more a relay saves';
  if (isDefault) out(`${color.dim(`${origin}; ${why}`)}\n`);
  out(`${color.bold('question')}  ${printable(question)}\n\n`);
}

/** Only of a family that is known to lie here. */
async function checkExit(exit: number | undefined, nodes: readonly FleetNode[]): Promise<void> {
  if (exit === undefined) return;
  const families = nodes.flatMap(node => node.families.map(({ family }) => family));
  if (!families.every(family => family === FAMILY)) return;
  checkRelayExit(exit, (await openFamilyFolder(resolveFamilyFolder(FAMILY, process.cwd()))).manifest);
}

async function joinRunning(terminal: Terminal, options: RelayOptions): Promise<Fleet | undefined> {
  const { fleet, url } = options.fleet;
  const target = { ...(fleet === undefined ? {} : { fleet }), ...(url === undefined ? {} : { url }) };
  const { clock, signal } = options;
  try {
    return await connect({ ...target, environment: terminal.environment, clock, signal });
  } catch (error) {
    const isNone = AiflowError.is(error) && error.code === 'not-found' && fleet === undefined;
    if (isNone) return undefined;
    throw error;
  }
}

async function startOwn(
  terminal: Terminal,
  options: RelayOptions,
  link: EmulatedLink | undefined,
): Promise<RunningFleet> {
  const { clock, signal } = options;
  const config = await readConfig(DEFAULT_FLEET_FILE, FLEET_CONFIG);
  const source = options.from ?? config.nodes.find(({ tier, roles }) => tier === 'edge' && roles.features)?.name;
  const nodes = config.nodes.map(node =>
    link !== undefined && node.name === source ? { ...node, link: { jitterMs: 0, ...link } } : node,
  );
  const say = options.json ? (): void => undefined : (line: string): void => terminal.err(`${line}\n`);
  return startFleet(
    { ...config, nodes, fleet: `relay-${process.pid}` },
    { file: DEFAULT_FLEET_FILE, clock, signal, environment: terminal.environment, onProgress: say },
  );
}

function failureOf(running: RunningFleet): Promise<never> {
  return running.ended.then(failure => (failure ? Promise.reject(failure) : new Promise<never>(() => undefined)));
}
