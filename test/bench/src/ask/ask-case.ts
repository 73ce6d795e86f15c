// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBroker } from '@aiflow/lab';
import type { BenchCase, CaseContext } from '../harness/bench-case.ts';
import { type CleanUp, createCleanUp } from '../harness/clean-up.ts';
import { createRoundCollector, interleave, type RoundCollector } from '../harness/collect-rounds.ts';
import { hasPeers, installPeers } from '../harness/peers.ts';
import { repeatRounds } from '../harness/repeat-rounds.ts';
import type { MeetingPlace } from './contenders/contender.ts';
import type { ContenderName } from './contenders/load-contender.ts';
import {
  ACROSS,
  askMetric,
  askRows,
  type PayloadSize,
  SIZES,
  SMALL,
  STREAM_SIZES,
  streamMetric,
  WITHIN_METRIC,
} from './rows.ts';
import { type RunningContender, startContender } from './start-contender.ts';

/** Asking an actor in another process over a real broker, beside what one would write without aiflow. */
export const askCase: BenchCase = {
  name: 'ask',
  title: 'a question and its answer between two processes over nats-server; the reply is as large as the request',
  rows: askRows,
  run: async context => {
    const rounds = createRoundCollector();
    await using cleanUp = createCleanUp();
    const folder = await mkdtemp(join(tmpdir(), 'aiflow-bench-'));
    cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
    const broker = cleanUp.use(await launchBroker({}, { jetStream: false, signal: context.signal }));
    context.progress(`nats-server ${broker.version}`);
    const contenders = await startAll({ context, rounds, cleanUp, place: { url: broker.url, folder } });
    await warmUp(contenders, context);
    await measureRounds(contenders, context, rounds);
    return rounds.measurements;
  },
};

/** Who takes part in this run, by label in metrics. */
interface Contenders {
  readonly across: readonly { readonly label: string; readonly process: RunningContender }[];
  readonly local: RunningContender | undefined;
  readonly stream: RunningContender | undefined;
}

interface StartPlace {
  readonly context: CaseContext;
  readonly rounds: RoundCollector;
  readonly cleanUp: CleanUp;
  readonly place: MeetingPlace;
}

async function startAll(start: StartPlace): Promise<Contenders> {
  const across: { label: string; process: RunningContender; name: ContenderName }[] = [];
  for (const { name, label, peer } of ACROSS) {
    const metrics = askRows.filter(row => row.metric.startsWith(`${label}: `)).map(row => row.metric);
    if (peer === true && !(await peersReady(start, metrics))) continue;
    const process = await tryStart(start, name, metrics);
    if (process !== undefined) across.push({ name, label, process });
  }
  return {
    across,
    local: await tryStart(start, 'aiflow-local', [WITHIN_METRIC]),
    stream: across.find(({ name }) => name === 'aiflow')?.process,
  };
}

/** A quick run does not wait for an install: its peers' rows come from the recording. */
async function peersReady({ context, rounds }: StartPlace, metrics: readonly string[]): Promise<boolean> {
  if (context.quick) return hasPeers('messaging');
  const install = await installPeers('messaging', context.progress);
  if (install.ready) return true;
  for (const metric of metrics) rounds.unavailable(metric, install.reason);
  return false;
}

/** A contender that does not start leaves its own rows without a value; the others are measured. */
async function tryStart(
  start: StartPlace,
  name: ContenderName,
  metrics: readonly string[],
): Promise<RunningContender | undefined> {
  start.context.signal.throwIfAborted();
  try {
    return start.cleanUp.use(await startContender(name, start.place));
  } catch (error) {
    const reason = `did not start: ${messageOf(error)}`;
    start.context.progress(`${name} ${reason}`);
    for (const metric of metrics) start.rounds.unavailable(metric, reason);
    return undefined;
  }
}

/** Enough asks of each size for the compilers to settle. */
async function warmUp({ across, local, stream }: Contenders, { quick }: CaseContext): Promise<void> {
  for (const { process } of across) {
    await process.request({ kind: 'throughput', bytes: SMALL.bytes, inFlight: 256, durationMs: quick ? 1000 : 4000 });
    await process.request({ kind: 'latency', bytes: SMALL.bytes, samples: 1000, batch: 1 });
  }
  await local?.request({ kind: 'latency', bytes: SMALL.bytes, samples: 200, batch: 100 });
  await stream?.request({ kind: 'stream', bytes: SMALL.bytes, items: 2000 });
}

async function measureRounds(contenders: Contenders, context: CaseContext, rounds: RoundCollector): Promise<void> {
  const { across, local, stream } = contenders;
  const sizes = context.quick ? [SMALL] : SIZES;
  await repeatRounds(context, { full: 7, quick: 5 }, async round => {
    for (const size of sizes) {
      for (const { label, process } of interleave(across, round)) {
        context.signal.throwIfAborted();
        await measureAcross({ label, process, size, rounds, quick: context.quick });
      }
      if (stream !== undefined && STREAM_SIZES.includes(size)) await measureStream(stream, size, rounds);
    }
    if (local !== undefined) await measureWithin(local, rounds);
  });
}

interface AcrossRound {
  readonly label: string;
  readonly process: RunningContender;
  readonly size: PayloadSize;
  readonly rounds: RoundCollector;
  readonly quick: boolean;
}

async function measureAcross({ label, process, size, rounds, quick }: AcrossRound): Promise<void> {
  const { bytes } = size;
  try {
    const latency = await process.request({ kind: 'latency', bytes, samples: samplesFor(bytes), batch: 1 });
    rounds.add(askMetric(label, 'p50', size), latency.p50Us);
    rounds.add(askMetric(label, 'p99', size), latency.p99Us);
    const cpuBeforeMs = await process.cpuMs();
    const durationMs = quick ? 400 : 500;
    const load = await process.request({ kind: 'throughput', bytes, inFlight: inFlightFor(bytes), durationMs });
    rounds.add(askMetric(label, 'throughput', size), load.perSecond);
    if (size === SMALL) {
      rounds.add(askMetric(label, 'cpu', size), ((await process.cpuMs()) - cpuBeforeMs) / (load.asks / 1000));
    }
  } catch (error) {
    const reason = messageOf(error);
    for (const figure of ['p50', 'p99', 'throughput'] as const)
      rounds.unavailable(askMetric(label, figure, size), reason);
    if (size === SMALL) rounds.unavailable(askMetric(label, 'cpu', size), reason);
  }
}

async function measureStream(process: RunningContender, size: PayloadSize, rounds: RoundCollector): Promise<void> {
  const metric = streamMetric(size);
  try {
    const items = size === SMALL ? 5000 : 1000;
    const { perItemUs } = await process.request({ kind: 'stream', bytes: size.bytes, items });
    rounds.add(metric, perItemUs);
  } catch (error) {
    rounds.unavailable(metric, messageOf(error));
  }
}

async function measureWithin(process: RunningContender, rounds: RoundCollector): Promise<void> {
  try {
    const { p50Us } = await process.request({ kind: 'latency', bytes: SMALL.bytes, samples: 200, batch: 50 });
    rounds.add(WITHIN_METRIC, p50Us);
  } catch (error) {
    rounds.unavailable(WITHIN_METRIC, messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** About half a second of asks, at least enough for a 99th percentile to mean something. */
function samplesFor(bytes: number): number {
  if (bytes <= 1024) return 1500;
  return bytes <= 65_536 ? 600 : 100;
}

/** 256, or as many as make 8 MB: more would fill the broker's buffer for a slow reader and measure its temper. */
function inFlightFor(bytes: number): number {
  return Math.max(4, Math.min(256, Math.floor(8_000_000 / bytes)));
}
