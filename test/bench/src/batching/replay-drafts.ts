// SPDX-License-Identifier: Apache-2.0
//
// Devices that do nothing but send what they once drafted: all the time goes to the desk.
//
// P1  Closed loop: a device sends its next block when it has the verdict of the last. Behind a rejection it begins a new
//     epoch, as a session owner does.
// P2  A pass replays every answer at most once, in sessions that were opened for it: an engine that still holds an
//     answer's rows would judge it again for nothing. When one device has sent all, none sends more, so that all take
//     part to the end.
// P3  A verdict that is not the recorded one is counted, and the device sends no more: its next blocks would not fit.
import type { BlockVerdict, VerifierDesk } from '@aiflow/decode';
import type { RecordedAnswer, RecordedBlock } from './record-drafts.ts';
import { JUDGE_EXIT } from './rows.ts';

/** What came of it. */
export interface ReplayFigures {
  /** Drafted tokens that were judged as recorded. */
  readonly verifiedTokens: number;
  /** From the first block to the last verdict. */
  readonly elapsedMs: number;
  /** Verdicts other than the recorded ones. */
  readonly differing: number;
}

/** What is replayed, and by which watch. */
export interface Replay {
  readonly answers: readonly RecordedAnswer[];
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

type Desk = Pick<VerifierDesk, 'open' | 'verify' | 'rollBack' | 'close'>;

/** One pass, with a device for each answer. Opening the sessions is not timed; they are closed at the end. */
export async function replayDrafts(desk: Desk, { answers, nowMs, signal }: Replay): Promise<ReplayFigures> {
  const devices = answers.map((answer, at) => ({ key: `device-${at}`, answer }));
  for (const { key, answer } of devices) {
    await desk.open(key, { exit: JUDGE_EXIT, epoch: 1, prompt: answer.prompt, answer: [] });
  }
  const pass: Pass = { isOver: false, signal };
  const beganMs = nowMs();
  const counts = await Promise.all(devices.map(device => replayDevice(desk, device, pass)));
  const elapsedMs = nowMs() - beganMs;
  for (const { key } of devices) await desk.close(key);
  const sum = (of: (count: DeviceCount) => number): number => counts.reduce((total, count) => total + of(count), 0);
  return { verifiedTokens: sum(count => count.verifiedTokens), elapsedMs, differing: sum(count => count.differing) };
}

interface Device {
  readonly key: string;
  readonly answer: RecordedAnswer;
}

interface Pass {
  /** Some device has nothing more to send (P2). */
  isOver: boolean;
  readonly signal: AbortSignal;
}

interface DeviceCount {
  readonly verifiedTokens: number;
  readonly differing: number;
}

async function replayDevice(desk: Desk, { key, answer }: Device, pass: Pass): Promise<DeviceCount> {
  let [epoch, verifiedTokens] = [1, 0];
  for (const block of answer.blocks) {
    pass.signal.throwIfAborted();
    if (pass.isOver) break;
    const { base, tokens, accepted } = block;
    const verdict = await desk.verify(key, { epoch, base, tokens });
    if (!isAsRecorded(block, verdict)) return { verifiedTokens, differing: 1 }; // P3
    verifiedTokens += tokens.length;
    if (accepted < tokens.length) await desk.rollBack(key, { epoch: ++epoch, length: base + accepted + 1, tokens: [] });
  }
  pass.isOver = true;
  return { verifiedTokens, differing: 0 };
}

function isAsRecorded({ accepted, correction }: RecordedBlock, verdict: BlockVerdict): boolean {
  return verdict.accepted === accepted && verdict.correction === correction;
}
