// SPDX-License-Identifier: Apache-2.0
import { createSeededRandom } from '@aiflow/time';
import { startAnsweringFleet } from '../answers/answering-fleet.ts';
import type { BenchCase } from '../harness/bench-case.ts';
import { createRoundCollector } from '../harness/collect-rounds.ts';
import { askAll, readStatus, type SeenAnswer } from './real-askers.ts';
import { catchUp } from './real-catch-up.ts';
import { bringAbout, planFaults } from './real-faults.ts';
import { askInPeace, planRequests } from './real-peace.ts';
import {
  FULL_PLAN,
  LINK_BYTES_PER_SECOND,
  LINK_DELAY_MS,
  QUICK_PLAN,
  TUNNEL,
  toMebibytes,
  tunnelRows,
} from './real-rows.ts';
import type { TunnelRun } from './real-run.ts';
import { awaitSettled, diskBytesOf, doorOf, enterByDoor } from './real-settled.ts';
import { findFaults, type JudgedRequest, judgeTime } from './real-verdict.ts';

const ASKERS = 4;

/** Whether a device that goes through tunnels keeps its word, as real processes. */
export const tunnelCase: BenchCase = {
  name: 'tunnel',
  title: 'a device asked by its door while its link is cut, nodes and broker are killed; then catching up at 1 Mbit/s',
  rows: tunnelRows,
  run: async context => {
    const plan = context.quick ? QUICK_PLAN : FULL_PLAN;
    const rounds = createRoundCollector();
    const random = createSeededRandom('tunnel');
    await using fleet = await startAnsweringFleet(context, node =>
      node.tier === 'device'
        ? { ...node, link: { delayMs: LINK_DELAY_MS, jitterMs: 0, bytesPerSecond: LINK_BYTES_PER_SECOND } }
        : node,
    );
    const questions = await askInPeace(fleet, context, { count: plan.questions, random: random.fork('questions') });
    const run: TunnelRun = { context, plan, fleet, rounds, questions };
    const faults = planFaults(plan, fleet.nodes, random.fork('faults'));
    const { wholeMs } = faults;
    const strikesMs = [...faults.kills.values(), faults.brokerKills].flat().map(({ atMs }) => atMs);
    const times = { count: plan.requests, wholeMs, strikesMs, random: random.fork('requests') };
    const requests = planRequests(questions, times);
    const kills: number[] = [];
    const onKill = (node: string): void => void (node === fleet.owner && kills.push(fleet.clock.wallMs()));
    const parts = { fleet, clock: fleet.clock, signal: context.signal, progress: context.progress };
    const [seen] = await Promise.all([
      askAll({ ...parts, node: fleet.owner, socket: doorOf(fleet) }, requests, ASKERS),
      bringAbout(faults, { ...parts, onKill }),
    ]);
    await settleAndJudge(run, seen, kills);
    await catchUp(run);
    await measureSize(run);
    return rounds.measurements;
  },
};

async function settleAndJudge(run: TunnelRun, seen: readonly SeenAnswer[], kills: readonly number[]): Promise<void> {
  const { fleet, rounds, context } = run;
  const { clock } = fleet;
  await using program = await enterByDoor(fleet, context.signal);
  const ids = seen.map(({ request }) => request.id);
  const settled = await awaitSettled({ fleet, program, clock, signal: context.signal }, ids);
  rounds.add(TUNNEL.settled, settled.tookMs / 1000);
  rounds.add(TUNNEL.waiting, settled.waiting);
  const judged: JudgedRequest[] = [];
  for (const one of seen) {
    const status = await readStatus(program, fleet.owner, one.request.id);
    judged.push({ seen: one, status, again: status });
  }
  const again = await Promise.all(ids.map(id => readStatus(program, fleet.owner, id)));
  judge(
    run,
    judged.map((one, index) => ({ ...one, again: again[index] })),
    kills,
  );
}

function judge({ rounds, context }: TunnelRun, judged: readonly JudgedRequest[], kills: readonly number[]): void {
  const verdicts = judged.map(one => judgeTime(one, kills));
  const faults = judged.flatMap(one => findFaults(one).map(fault => ({ ...fault, id: one.seen.request.id })));
  rounds.add(TUNNEL.asked, judged.filter(({ seen, status }) => seen.accepted || status !== undefined).length);
  for (const verdict of ['inTime', 'late', 'lateAlone', 'failed', 'unanswered'] as const) {
    rounds.add(TUNNEL[verdict], verdicts.filter(each => each === verdict).length);
  }
  for (const kind of ['wrong', 'doubled', 'lost'] as const) {
    rounds.add(TUNNEL[kind], new Set(faults.filter(fault => fault.kind === kind).map(({ id }) => id)).size);
  }
  rounds.add(TUNNEL.alone, judged.filter(({ status }) => status?.state === 'revised').length);
  const exact = judged.filter(({ status }) => status?.summary?.exact === true).length;
  rounds.add(TUNNEL.exact, exact / judged.length);
  for (const { id, kind, why } of faults) context.progress(`${kind}: ${id} ${why}`);
  judged.forEach((one, index) => {
    if (verdicts[index] !== 'inTime') context.progress(`${verdicts[index]}: ${describe(one)}`);
  });
}

function describe({ seen, status }: JudgedRequest): string {
  const { request, answeredMs, tries, failure } = seen;
  const took = answeredMs === undefined || status === undefined ? '?' : answeredMs - status.acceptedMs;
  const said = seen.summary?.durationMs.toFixed(0);
  return `${request.id} ${status?.state} after ${took} ms (the device says ${said}), asked ${tries} times ${failure ?? ''}`;
}

async function measureSize({ fleet, rounds }: TunnelRun): Promise<void> {
  const device = fleet.client.nodes().find(({ name }) => name === fleet.owner);
  rounds.add(TUNNEL.resident, toMebibytes(device?.residentBytes ?? Number.NaN));
  rounds.add(TUNNEL.disk, toMebibytes(await diskBytesOf(fleet, fleet.owner)));
}
