// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { type DrawTraceOptions, drawTraceTree } from '@aiflow/telemetry';
import { type Clock, sleep } from '@aiflow/time';
import { reportAnswer } from '../ask/answer-report.ts';
import { type AskedQuestion, runQuestion } from '../ask/run-question.ts';
import { formatSummary, showQuestion } from '../ask/show-answer.ts';
import type { QuestionOptions } from '../client/answer.ts';
import { chooseAnswerer } from '../client/answering-node.ts';
import { connect } from '../client/connect.ts';
import type { Fleet } from '../client/fleet.ts';
import { FLEET_CONFIG, type FleetConfig } from '../config/fleet-config.ts';
import { readConfig } from '../config/parse-config.ts';
import { type FamilyQuestion, readExamples, readHeldOut } from '../daemon/family-examples.ts';
import { resolveFamilyFolder } from '../daemon/family-folder.ts';
import { untilAborted } from '../daemon/until-aborted.ts';
import { type RunningFleet, startFleet } from '../fleet/start-fleet.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { formatLogLine } from './format-log-line.ts';
import { givenUpLine, settleGivenUp } from './given-up-calls.ts';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';
import { DEFAULT_FLEET_FILE } from './up-command.ts';

/** Settings of `aiflow demo`, which is what `npm start` runs. */
export interface DemoOptions {
  /** Default: the first of the family's examples, which are held-out questions. */
  readonly question: string | undefined;
  readonly asking: QuestionOptions;
  readonly json: boolean;
  /** Draw every span, in place of one line for many that are alike. */
  readonly trace: boolean;
  /** Stay up after the answer, until Ctrl-C. */
  readonly keep: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A death may be noticed a moment after the call that it broke. */
const DEATH_LIMIT_MS = 1000;

/** What can't be answered is refused before anything is started. */
function checkAsked({ question, asking: { exit } }: DemoOptions, { nodes }: FleetConfig): void {
  if (question?.trim() === '') throw new AiflowError('invalid-argument', 'the question is empty: ask something');
  const held = nodes
    .flatMap(node => node.model?.exits ?? [])
    .map(held => (typeof held === 'number' ? held : held.exit));
  const exits = [...new Set(held)].sort((one, other) => one - other);
  if (exit === undefined || exits.includes(exit)) return;
  throw new AiflowError(
    'not-found',
    `no node of the demonstration holds exit ${exit}: its exits are ${exits.join(', ')}`,
  );
}

/** The demonstration: three processes on a broker of their own answer one question together, then the cloud alone. */
export async function runDemo(terminal: Terminal, options: DemoOptions): Promise<number> {
  const say = options.json ? (): void => undefined : (line: string): void => terminal.err(`${line}\n`);
  const config = await readConfig(DEFAULT_FLEET_FILE, FLEET_CONFIG);
  checkAsked(options, config);
  const { clock, signal } = options;
  const name = `demo-${process.pid}`; // several demonstrations may run beside each other
  await using running = await startFleet(
    { ...config, fleet: name },
    {
      ...{ file: DEFAULT_FLEET_FILE, clock, signal, environment: terminal.environment, onProgress: say },
      onLog: (node, line) => showWarning(terminal, node, line),
    },
  );
  let failure: unknown;
  try {
    await meet(terminal, { running, options, say });
  } catch (error) {
    failure = error;
    await Promise.race([running.ended, sleep(clock, DEATH_LIMIT_MS, signal).catch(() => undefined)]);
  }
  await running[Symbol.asyncDispose]();
  // What fails while a fleet breaks down is a consequence: the death that began it is the one to tell.
  failure = (await running.ended) ?? failure;
  if (failure === undefined) return EXIT_STATUS.ok;
  throw failure;
}

interface Meeting {
  readonly running: RunningFleet;
  readonly options: DemoOptions;
  readonly say: (line: string) => void;
}

async function meet(terminal: Terminal, { running, options, say }: Meeting): Promise<void> {
  const { clock, signal } = options;
  const { fleet: name } = running.run;
  await using fleet = await connect({ fleet: name, environment: terminal.environment, clock, signal });
  await fleet.waitForNodes(running.processes.length, { timeoutMs: 10_000, signal });
  await Promise.race([demonstrate(terminal, { fleet, running, options }), failureOf(running)]);
  if (!options.keep) return;
  say(`\nthe fleet stays up until Ctrl-C; in another terminal: npx aiflow ask --fleet ${name} "…"`);
  await Promise.race([running.ended, untilAborted(signal)]);
}

interface Demonstration {
  readonly fleet: Fleet;
  readonly running: RunningFleet;
  readonly options: DemoOptions;
}

async function demonstrate(terminal: Terminal, { fleet, running, options }: Demonstration): Promise<void> {
  const { question, reference } = await questionOf(options.question);
  const owner = chooseAnswerer(fleet.nodes(), undefined).name;
  const asking: QuestionOptions & { readonly at: string } = {
    ...everyTier(options.asking),
    at: owner,
    signal: options.signal,
  };
  await warmUp(fleet, question, asking);
  const facts = { reference, brokerVersion: running.brokerVersion };
  if (options.json) {
    const asked = await runQuestion(fleet, question, asking);
    const cloudOnly = await askCloud(fleet, asked, asking);
    const spans = await fleet.collectTrace(asked.traceId);
    terminal.out(
      `${JSON.stringify(reportAnswer(asked, owner, { ...facts, nodes: fleet.nodes(), spans, cloudOnly }))}\n`,
    );
    return;
  }
  await tell(terminal, fleet, { question, reference, asking, trace: options.trace });
}

/** On one machine a planner leaves the edge out; a demonstration shows all three unless it is told otherwise. */
function everyTier(asking: QuestionOptions): QuestionOptions {
  const isFree = asking.tiers === undefined && asking.exit === undefined && asking.exitPolicy === undefined;
  return isFree ? { ...asking, tiers: 'three' } : asking;
}

async function tell(
  terminal: Terminal,
  fleet: Fleet,
  {
    question,
    reference,
    asking,
    trace,
  }: { question: string; reference: string | undefined; asking: QuestionOptions & { at: string }; trace: boolean },
): Promise<void> {
  const { bold, dim } = terminal.color;
  terminal.out(`\n${bold('question')}  ${terminal.interactive ? printable(question) : question}\n`);
  const asked = await showQuestion(terminal, fleet, question, asking);
  if (reference !== undefined) terminal.out(`${dim(`reference  ${reference}`)}\n`);
  terminal.out(`\n${formatSummary(asked.summary, { owner: asking.at, nodes: fleet.nodes(), color: terminal.color })}`);
  terminal.out(`\n${await drawAnswer(terminal, fleet, asked, trace ? {} : { keepAlike: 2 })}`);
  const cloudOnly = await askCloud(fleet, asked, asking);
  if (cloudOnly !== undefined) terminal.out(`\n${compare(asked, cloudOnly)}\n`);
}

/** The trace of an answer; of one that is whole, what was left to do then was given up on purpose. */
async function drawAnswer(
  { columns, color }: Terminal,
  fleet: Fleet,
  { traceId, summary }: AskedQuestion,
  options: Pick<DrawTraceOptions, 'keepAlike'>,
): Promise<string> {
  const collected = await fleet.collectTrace(traceId);
  const { spans, givenUp } =
    summary.outcome === 'complete' ? settleGivenUp(collected) : { spans: collected, givenUp: 0 };
  const drawn = drawTraceTree(spans, { width: columns, color: color.isColorSupported, ...options });
  return `${drawn}${givenUpLine(givenUp)}`;
}

/** The same question, answered by the reference tier alone; nothing where the question was refused. */
async function askCloud(
  fleet: Fleet,
  { question, summary }: AskedQuestion,
  asking: QuestionOptions,
): Promise<AskedQuestion | undefined> {
  if (summary.far) return undefined;
  return runQuestion(fleet, question, { ...asking, tiers: 'cloud-only', exit: summary.exit });
}

/** So that neither time has in it what only the first question after a start costs. */
async function warmUp(fleet: Fleet, question: string, asking: QuestionOptions): Promise<void> {
  const { deadlineMs: _deadline, ...rest } = asking;
  await runQuestion(fleet, question, { ...rest, tiers: 'cloud-only', maxTokens: 1 });
}

function compare(asked: AskedQuestion, cloudOnly: AskedQuestion): string {
  const same = cloudOnly.answer === asked.answer ? 'the same text' : `another text: ${cloudOnly.answer}`;
  const tier = cloudOnly.summary.tiers[0]?.tier ?? 'cloud';
  const times = `${cloudOnly.summary.durationMs.toFixed(0)} ms, together they took ${asked.summary.durationMs.toFixed(0)} ms`;
  return `the ${tier} alone gives ${same}: it took ${times}; all on this one machine, which was warm for both`;
}

async function questionOf(given: string | undefined): Promise<{ question: string; reference: string | undefined }> {
  const folder = resolveFamilyFolder('nano', process.cwd());
  const questions = [...(await readExamples(folder)), ...(await readHeldOut(folder))];
  const known = (wanted: FamilyQuestion | undefined): { question: string; reference: string | undefined } => ({
    question: given ?? wanted?.question ?? '',
    reference: wanted?.answer,
  });
  return known(given === undefined ? questions[0] : questions.find(({ question }) => question === given));
}

function failureOf(running: RunningFleet): Promise<never> {
  return running.ended.then(failure => (failure ? Promise.reject(failure) : new Promise<never>(() => undefined)));
}

function showWarning(terminal: Terminal, node: string, line: string): void {
  const shown = formatLogLine(node, line, terminal.color);
  if (shown !== undefined && !shown.includes('trust on first use')) terminal.err(`${shown}\n`);
}
