// SPDX-License-Identifier: Apache-2.0
//
// `npm start -- --tunnel`: a question before, in and after a tunnel. The device's program asks by the node's door, as a
// program on a drone would: it sees no broker and no other node.
import { listOutbox, OUTBOX_ACTOR } from '@aiflow/outbox';
import { AiflowError, type Revision } from '@aiflow/protocol';
import { type AnswerSummary, REQUESTS_ACTOR, type RequestStatus, requestStatus } from '@aiflow/roles';
import { drawTraceTree, type SpanRecord } from '@aiflow/telemetry';
import { type Clock, sleep } from '@aiflow/time';
import type { AnswerResult, QuestionOptions } from '../client/answer.ts';
import { connect } from '../client/connect.ts';
import type { Fleet, Traced } from '../client/fleet.ts';
import { FLEET_CONFIG, type FleetConfig } from '../config/fleet-config.ts';
import { readConfig } from '../config/parse-config.ts';
import { readExamples } from '../daemon/family-examples.ts';
import { resolveFamilyFolder } from '../daemon/family-folder.ts';
import { type RunningFleet, startFleet } from '../fleet/start-fleet.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { formatOutbox } from './outbox-command.ts';
import type { Terminal } from './terminal.ts';
import { DEFAULT_FLEET_FILE } from './up-command.ts';

/** Settings of the demonstration. */
export interface TunnelOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A question that the device's own exit gets wrong, so that one sees what the others are good for. */
const QUESTION_BEGINS = 'The limit of Lynx is 92 kg';
const DEVICE = 'device-1';
const DEADLINE_MS = 2000;
const TUNNEL_MS = 4000;
const CATCH_UP_LIMIT_MS = 60_000;

/** Asks before, in and after a tunnel, and draws the trace of the question that was asked in it. */
export async function runTunnelDemo(terminal: Terminal, { clock, signal }: TunnelOptions): Promise<number> {
  const say = (line: string): void => terminal.err(`${line}\n`);
  const config = withLink(await readConfig(DEFAULT_FLEET_FILE, FLEET_CONFIG));
  await using running = await startFleet(
    { ...config, fleet: `tunnel-${process.pid}` },
    { file: DEFAULT_FLEET_FILE, clock, signal, environment: terminal.environment, onProgress: say },
  );
  const { fleet: name } = running.run;
  await using fleet = await connect({ fleet: name, environment: terminal.environment, clock, signal });
  await fleet.waitForNodes(running.processes.length, { timeoutMs: 10_000, signal });
  await using program = await connect({ socket: doorOf(running), clock, signal });
  const traceId = await tellStory({ terminal, running, program, clock, signal });
  await fleet.waitForNodes(running.processes.length, { timeoutMs: 10_000, signal });
  const spans = await collectOfBoth(fleet, program, traceId);
  const { columns, color } = terminal;
  terminal.out(`\n${drawTraceTree(spans, { width: columns, color: color.isColorSupported, keepAlike: 2 })}`);
  return EXIT_STATUS.ok;
}

/** The program's own span is known to nobody else. */
async function collectOfBoth(fleet: Fleet, program: Fleet, traceId: string): Promise<readonly SpanRecord[]> {
  const spans = [...(await fleet.collectTrace(traceId)), ...(await program.collectTrace(traceId))];
  return [...new Map(spans.map(span => [span.spanId, span])).values()];
}

interface Story extends TunnelOptions {
  readonly terminal: Terminal;
  readonly running: RunningFleet;
  readonly program: Fleet;
}

async function tellStory({ terminal, running, program, clock, signal }: Story): Promise<string> {
  const { bold, dim } = terminal.color;
  const { question, reference } = await tunnelQuestion();
  const link = running.links.of(DEVICE);
  if (link === undefined) throw new AiflowError('internal', `${DEVICE} has no emulated link`);
  terminal.out(`\n${bold('question')}  ${question}\n${dim(`reference  ${reference}`)}\n`);

  title(terminal, 'before the tunnel: device, edge and cloud');
  tell(terminal, (await ask(program, question, { id: 'before', signal })).value);

  title(terminal, `in the tunnel: the link of ${DEVICE} is cut, an answer is wanted within ${seconds(DEADLINE_MS)}`);
  link.cut('silence');
  const beganMs = clock.nowMs();
  const { value, traceId } = await ask(program, question, { id: 'in-the-tunnel', deadlineMs: DEADLINE_MS, signal });
  tell(terminal, value);
  const listing = await program.ask({ node: DEVICE, actor: OUTBOX_ACTOR }, listOutbox, {});
  terminal.out(`\n${formatOutbox(DEVICE, listing)}`);
  await sleep(clock, Math.max(0, beganMs + TUNNEL_MS - clock.nowMs()), signal);

  title(terminal, `out of the tunnel, after ${seconds(clock.nowMs() - beganMs)}: the others finish what was begun`);
  link.heal();
  const healedMs = clock.nowMs();
  const status = await awaitRevision(program, 'in-the-tunnel', { clock, signal });
  tell(terminal, { ...status, text: status.revision?.text ?? '' });
  terminal.out(
    dim(`aiflow answer in-the-tunnel shows it; it was there ${seconds(clock.nowMs() - healedMs)} after the tunnel\n`),
  );
  return traceId;
}

const POLL_MS = 50;

/** The program is free to do something else meanwhile, or to be started anew: the node keeps what it was asked. */
async function awaitRevision(program: Fleet, id: string, { clock, signal }: TunnelOptions): Promise<RequestStatus> {
  const untilMs = clock.nowMs() + CATCH_UP_LIMIT_MS;
  for (;;) {
    const [status] = await program.ask({ node: DEVICE, actor: REQUESTS_ACTOR }, requestStatus, { id });
    if (status !== undefined && (status.state === 'revised' || status.state === 'failed')) return status;
    if (clock.nowMs() >= untilMs) {
      throw new AiflowError(
        'deadline-exceeded',
        `the answer to ${id} was not finished within ${seconds(CATCH_UP_LIMIT_MS)} after the tunnel: see aiflow outbox`,
      );
    }
    await sleep(clock, POLL_MS, signal);
  }
}

function ask(
  program: Fleet,
  question: string,
  options: Pick<QuestionOptions, 'id' | 'deadlineMs' | 'signal'>,
): Promise<Traced<AnswerResult>> {
  return program.traced('aiflow ask', async tracing => program.ask(question, { ...options, ...tracing, at: DEVICE }));
}

/** As much of an answer as is shown. */
interface Told {
  readonly text: string;
  readonly revision?: Revision | undefined;
  readonly summary?: AnswerSummary | undefined;
}

function tell(terminal: Terminal, { text, revision, summary }: Told): void {
  const { green, yellow } = terminal.color;
  const who = revision === undefined ? 'nobody' : `exit ${revision.exit} of the ${revision.tier}`;
  const when = `${seconds(summary?.durationMs ?? 0)} after it was asked`;
  const alone = summary?.awaitsRevision === undefined ? '' : ', by itself and to be finished';
  terminal.out(
    `${text}\n${summary?.exact === true ? green(`exact: ${who}, ${when}`) : yellow(`${who}${alone}, ${when}`)}\n`,
  );
}

function title(terminal: Terminal, text: string): void {
  terminal.out(`\n${terminal.color.bold(text)}\n`);
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

async function tunnelQuestion(): Promise<{ readonly question: string; readonly reference: string }> {
  const examples = await readExamples(resolveFamilyFolder('nano', process.cwd()));
  const example = examples.find(({ question }) => question.startsWith(QUESTION_BEGINS)) ?? examples[0];
  return { question: example?.question ?? '', reference: example?.answer ?? '' };
}

function withLink(config: FleetConfig): FleetConfig {
  const link = { delayMs: 10, jitterMs: 0 };
  return { ...config, nodes: config.nodes.map(node => (node.name === DEVICE ? { ...node, link } : node)) };
}

function doorOf({ processes }: RunningFleet): string {
  const socket = processes.find(({ node }) => node === DEVICE)?.doorSocket;
  if (socket === undefined) throw new AiflowError('internal', `${DEVICE} has no door`);
  return socket;
}
