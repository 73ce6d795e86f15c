// SPDX-License-Identifier: Apache-2.0
//
// What must hold of every run, whatever went wrong in it.
//
// F1  Every session ends, by its deadline, with a result or an error.
// F2  What is committed never changes and never gets shorter.
// F3  Each committed token is what the reference of its place says after exactly the tokens before it: so committed
//     text is a prefix of what the reference says alone, and no token is lost or doubled.
// F4  `exact` is claimed only for the whole answer of the wanted exit; where it is not, the reason says so.
// F5  With time enough, and unless the owner itself is gone, the answer is whole.
// F9  Faults that take nothing away cost no exactness.
// F6  A verifier that was told farewell holds nothing; others hold no more sessions than a desk may.
// F7  Nothing is left over: no message, exchange, handler or timer.
// F10 What stands at the deadline is told once, then, with the committed length that was shown; an answer that takes longer
//     is never without it, and one that does not has its last summary alone.
// F8  At most twice `window` blocks are under way to one verifier.
import type { ActorSystem } from '@aiflow/actor';
import type { FaultyFleet, FleetNode } from './faulty-fleet.ts';
import { faultOf } from './faulty-fleet.ts';
import { hasLyingDrafter, type Played, type PlayedSession } from './play-schedule.ts';
import { AMPLE_DEADLINE_MS, type FaultKind, type Schedule } from './schedule.ts';

/** An answer's way back takes its time, and the answerer keeps a reserve for it. */
const TOLERANCE_MS = 1;
const WANTED_EXIT = 4;

/** The invariants a run broke, each with what was seen; empty when all hold. */
export function violations(played: Played): readonly string[] {
  return [...played.sessions.flatMap((session, at) => ofSession(played, session, at)), ...ofFleet(played)];
}

function ofSession({ schedule, fleet }: Played, session: PlayedSession, at: number): readonly string[] {
  const found = [
    ...ending(schedule, session),
    ...committing(session),
    ...following(schedule, fleet, session),
    ...claiming(schedule, fleet, session),
    ...inFlight(schedule, session),
    ...exactness(schedule, session),
    ...standing(schedule, session),
  ];
  return found.map(one => `session ${at}: ${one}`);
}

/** A dead engine may leave nobody. */
const HOLDING_UP: ReadonlySet<FaultKind> = new Set(['own-engine-dies']);

/** F1, F5 */
function ending(schedule: Schedule, { durationMs, result, error, revisions }: PlayedSession): readonly string[] {
  const { deadlineMs, faults, driver } = schedule;
  if (durationMs === undefined) return ['F1 never ended'];
  const found: string[] = [];
  if (durationMs > deadlineMs + TOLERANCE_MS) found.push(`F1 ended after ${durationMs} ms, allowed were ${deadlineMs}`);
  if (result === undefined && error === undefined) found.push('F1 ended without result or error');
  if (error !== undefined && !isAllowed(error.code, schedule)) found.push(`F5 failed: ${error.code} ${error.message}`);
  const isDisturbed = deadlineMs < AMPLE_DEADLINE_MS || faults.some(({ kind }) => HOLDING_UP.has(kind));
  if (result !== undefined && result.outcome !== 'complete' && !isDisturbed) {
    found.push(`F5 outcome ${result.outcome} after ${durationMs} ms: ${result.reasons.join('; ')}`);
  }
  if (
    driver === 'session' &&
    result?.outcome === 'complete' &&
    revisions.at(-1)?.tokens.length !== result.tokens.length
  ) {
    found.push('F5 the last revision is not the result');
  }
  return found;
}

function isAllowed(code: string, { faults, deadlineMs }: Schedule): boolean {
  if (faultOf(faults, 'asker-leaves') !== undefined && code === 'cancelled') return true;
  if (deadlineMs < AMPLE_DEADLINE_MS && code === 'deadline-exceeded') return true;
  return faultOf(faults, 'own-engine-dies') !== undefined && ['unavailable', 'deadline-exceeded'].includes(code);
}

/** F2 */
function committing({ revisions, result }: PlayedSession): readonly string[] {
  let committed: readonly number[] = [];
  let sequence = 0;
  const states = [...revisions, ...(result === undefined ? [] : [{ ...result, sequence: Infinity }])];
  for (const state of states) {
    if (state.sequence <= sequence) return [`F2 sequence ${state.sequence} after ${sequence}`];
    if (state.committed < committed.length) return [`F2 committed fell from ${committed.length} to ${state.committed}`];
    if (committed.some((token, at) => state.tokens[at] !== token)) {
      return [`F2 a committed token changed: [${committed}] became [${state.tokens}]`];
    }
    sequence = state.sequence;
    committed = state.tokens.slice(0, state.committed);
  }
  return [];
}

/** F3 */
function following(schedule: Schedule, fleet: FaultyFleet, { prompt, result }: PlayedSession): readonly string[] {
  if (result === undefined) return [];
  const { tokens, references } = result;
  for (const [at, token] of tokens.entries()) {
    const before = tokens.slice(0, at);
    const span = references.findLast(({ from }) => from <= at);
    const isJudged = at < result.committed && span !== undefined && span.tier !== 'device';
    if (!isJudged && hasLyingDrafter(schedule)) continue;
    const exits = isJudged ? [span.exit] : [1, 2, 3, WANTED_EXIT];
    if (before.at(-1) === 0) return [`F3 goes on after its end: [${tokens}]`];
    if (exits.some(exit => fleet.language.next(exit, prompt, before) === token)) continue;
    return [`F3 token ${token} at ${at} is not what exit ${exits} says after [${before}]`];
  }
  return [];
}

/** F4 */
function claiming({ maxTokens }: Schedule, { language }: FaultyFleet, played: PlayedSession): readonly string[] {
  const { result, prompt } = played;
  if (result === undefined || result.outcome !== 'complete') return result?.exact ? ['F4 exact but not whole'] : [];
  if (!result.exact) {
    return result.reasons.join().includes(`not exit ${WANTED_EXIT}`) ? [] : [`F4 no reason: ${result.reasons}`];
  }
  const alone: number[] = [];
  while (alone.at(-1) !== language.endToken && alone.length < maxTokens) {
    alone.push(language.next(WANTED_EXIT, prompt, alone));
  }
  return `${alone}` === `${result.tokens}` ? [] : [`F4 exact, but [${result.tokens}] is not [${alone}]`];
}

const HARMLESS: ReadonlySet<FaultKind> = new Set(['duplicate', 'reorder', 'clocks-apart', 'stranger', 'other-family']);

/** F9 */
function exactness({ faults, deadlineMs }: Schedule, { result }: PlayedSession): readonly string[] {
  const isMild = deadlineMs >= AMPLE_DEADLINE_MS && faults.every(({ kind }) => HARMLESS.has(kind));
  return isMild && result?.exact !== true ? [`F9 not exact: ${result?.reasons.join('; ')}`] : [];
}

/** F10 */
function standing({ dueMs, faults }: Schedule, { deadlines, durationMs, error }: PlayedSession): readonly string[] {
  const [first] = deadlines;
  if (deadlines.length > 1) return [`F10 the deadline was told ${deadlines.length} times`];
  if (first === undefined) {
    const isMissed = dueMs !== undefined && (durationMs ?? Infinity) > dueMs + TOLERANCE_MS;
    const isLeft = error?.code === 'cancelled' && faultOf(faults, 'asker-leaves') !== undefined;
    return isMissed && !isLeft ? [`F10 took ${durationMs} ms and said nothing at ${dueMs} ms`] : [];
  }
  const { atMs, committed, shownCommitted } = first;
  return [
    ...(dueMs === undefined ? ['F10 a deadline was told that was not asked for'] : []),
    ...(Math.abs(atMs - (dueMs ?? atMs)) > TOLERANCE_MS ? [`F10 told at ${atMs} ms what was due at ${dueMs} ms`] : []),
    ...(committed === shownCommitted ? [] : [`F10 ${committed} tokens stood, ${shownCommitted} were shown`]),
  ];
}

/** F8 */
function inFlight({ window, pull }: Schedule, { peakInFlight }: PlayedSession): readonly string[] {
  const limit = 2 * Math.max(window, pull);
  return peakInFlight > limit ? [`F8 ${peakInFlight} blocks under way, allowed are ${limit}`] : [];
}

function ofFleet({ fleet, schedule }: Played): readonly string[] {
  const limit = faultOf(schedule.faults, 'crowded') === undefined ? 64 : 1;
  const systems = [...fleet.nodes.values()].filter(({ isUp }) => isUp).map(({ system }) => system);
  return [
    ...[...fleet.nodes.values()].flatMap(node => (node.isUp ? holding(fleet, node, limit) : [])),
    ...(fleet.clock.pendingTimers > 0 ? [`F7 ${fleet.clock.pendingTimers} timers are left`] : []),
    ...(fleet.inFlight() > 0 ? [`F7 ${fleet.inFlight()} messages are still on their way`] : []),
    ...[...systems, fleet.client].flatMap(working),
  ];
}

/** F6. What no farewell reached in time, or what an opening reached after it, gives way when room is needed. */
function holding({ links }: FaultyFleet, { node, engine }: FleetNode, limit: number): readonly string[] {
  const held = [...engine.held];
  const found = held.length > limit ? [`F6 ${node} holds ${held.length} sessions, its desk may hold ${limit}`] : [];
  for (const name of held) {
    const trail = links.trails.get(`${node} ${name.replace(/#\d+$/, '')}`);
    const isTold = trail?.last === 'farewell' || trail?.last === 'early farewell';
    const isExcused = name.startsWith('stranger') || (!isTold && (trail?.farewellsSent ?? 0) > 0);
    if (!isExcused)
      found.push(`F6 ${node} still holds ${name} after ${trail?.last}, ${trail?.farewellsSent} farewells`);
  }
  return found;
}

/** F7 */
function working(system: ActorSystem): readonly string[] {
  return system
    .actors()
    .filter(({ mailboxDepth, inProgress }) => mailboxDepth + inProgress > 0)
    .map(
      ({ name, mailboxDepth, inProgress }) =>
        `F7 ${system.node}/${name} has ${mailboxDepth} waiting, ${inProgress} in work`,
    );
}
