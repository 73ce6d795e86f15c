// SPDX-License-Identifier: Apache-2.0
//
// An hour judged by what its programs were told and what is on the disks.
//
// J1  A request counts once it is on the device's disk.
// J2  Answered: a text stood at its deadline; late: afterwards, where the device was down at some time since it was
//     first asked, so that it had a crowd to answer. Late without that is missed.
// J3  Wrong: an exact answer that is not the deepest exit's; of another one, committed words that are not those of the
//     exits it names, or words that no exit says.
// J4  Doubled: an answer that had settled changed; an item was taken in twice; an epoch was answered twice.
// J5  Lost: what was accepted is forgotten, or awaits its revision still; an item is gone that nobody took.
import type { Revision } from '@aiflow/protocol';
import type { AnswerSummary } from '@aiflow/roles';
import type { Told } from './hour-asker.ts';
import type { HourFleet } from './hour-fleet.ts';
import { isSaidBySome, referenceText } from './hour-language.ts';
import type { SeenRecord } from './hour-ledger.ts';
import { STORE_BOUNDS } from './hour-node.ts';
import { HOUR_NODES } from './hour-plan.ts';

/** The figures of one hour. Times are in milliseconds. */
export interface HourReport {
  readonly seed: number;
  /** J1. */
  readonly requests: number;
  readonly inTime: number;
  readonly late: number;
  /** Answered by the device's own exit first, then by others. */
  readonly revised: number;
  /** How long the longest of those awaited its revision. */
  readonly longestAwaitMs: number;
  /** From the end of all faults until nothing was owed any more. */
  readonly catchUpMs: number;
  readonly killsInCommits: number;
  readonly askedAgain: number;
  readonly maxItems: number;
  readonly maxDiskBytes: number;
  /** What was wrong, in words; each list should be empty. */
  readonly missed: readonly string[];
  readonly failed: readonly string[];
  readonly never: readonly string[];
  readonly wrong: readonly string[];
  readonly doubled: readonly string[];
  readonly lost: readonly string[];
  readonly beyondBounds: readonly string[];
  /** Words that were called committed to a program, and are not in the answer. */
  readonly takenBack: readonly string[];
  /** The same where the device was killed meanwhile: what it had not noted yet is not known after its restart. */
  readonly takenBackByKills: readonly string[];
}

/** The lists of a report that should be empty. */
export const FAULT_LISTS = [
  'missed',
  'failed',
  'never',
  'wrong',
  'doubled',
  'lost',
  'beyondBounds',
  'takenBack',
] as const;

/** Two generations of a journal of all that may be in the store, beside each other. */
const MOST_DISK_BYTES = 8 * 1024 * 1024;
/** The way from the device to a program. */
const WAY_MS = 10;

/** Judges a fleet that nothing happens to any more. */
export function judgeHour(
  fleet: HourFleet,
  programs: readonly Told[],
  { seed, catchUpMs }: Pick<HourReport, 'seed' | 'catchUpMs'>,
): HourReport {
  const told = new Map(programs.map(program => [program.request.id, program]));
  const seen = [...fleet.ledger.requests.values()];
  const judged = seen.map(one => judgeTime(fleet, one, told.get(one.record.id)));
  const named = (verdict: Verdict): readonly string[] =>
    judged.flatMap(({ verdict: own, why }) => (own === verdict ? [why] : []));
  const { doubled, lost } = fleet.ledger.faults(waitingItems(fleet));
  const revised = seen.filter(({ aloneMs, settledMs }) => aloneMs !== undefined && settledMs !== undefined);
  return {
    ...{ seed, catchUpMs, requests: seen.length, killsInCommits: fleet.killsInCommits },
    inTime: named('in time').length,
    late: named('late').length,
    revised: revised.length,
    longestAwaitMs: Math.max(0, ...revised.map(({ aloneMs = 0, settledMs = 0 }) => settledMs - aloneMs)),
    askedAgain: programs.filter(({ attempts }) => attempts > 1).length,
    maxItems: fleet.ledger.maxItems,
    maxDiskBytes: fleet.maxDiskBytes,
    missed: named('missed'),
    failed: named('failed'),
    never: [...named('never'), ...unheard(programs)],
    wrong: [...seen.flatMap(one => wrongRecord(fleet, one)), ...programs.flatMap(one => wrongAnswers(fleet, one))],
    doubled,
    lost: [...lost, ...seen.flatMap(({ record }) => (isOwed(record) ? [`${record.id} is ${record.state} still`] : []))],
    beyondBounds: beyondBounds(fleet),
    takenBack: programs.flatMap(one => (wasKilled(fleet, one) ? [] : takenBack(fleet, one))),
    takenBackByKills: programs.flatMap(one => (wasKilled(fleet, one) ? takenBack(fleet, one) : [])),
  };
}

/** The items that still wait anywhere. */
export function waitingItems(fleet: HourFleet): ReadonlySet<string> {
  return new Set(
    HOUR_NODES.flatMap(
      node =>
        fleet
          .life(node)
          ?.store.entries()
          .map(({ id }) => id) ?? [],
    ),
  );
}

interface ToldAnswer {
  readonly summary: AnswerSummary;
  readonly revision: Revision;
}

type Verdict = 'in time' | 'late' | 'missed' | 'failed' | 'never';

/** J2. */
function judgeTime(
  fleet: HourFleet,
  { record, acceptedMs, textMs: notedMs }: SeenRecord,
  told: Told | undefined,
): { readonly verdict: Verdict; readonly why: string } {
  const { id, state, error } = record;
  const times = [notedMs, told?.textMs].filter(time => time !== undefined);
  const dueMs = Math.min(acceptedMs, told?.acceptedMs ?? acceptedMs) + (told?.request.deadlineMs ?? 0);
  const textMs = Math.min(...times);
  if (state === 'failed') return { verdict: 'failed', why: `${id}: ${error?.code} ${error?.message}` };
  if (times.length === 0) return { verdict: 'never', why: `${id}: no text ever stood, it is ${state}` };
  if (textMs <= dueMs + WAY_MS) return { verdict: 'in time', why: '' };
  const askedMs = told?.request.atMs ?? acceptedMs;
  const wasDown = fleet.absences['device-1'].some(([from, until]) => from <= dueMs && until >= askedMs);
  const why = `${id}: a text stood ${textMs - dueMs} ms after its deadline`;
  return { verdict: wasDown ? 'late' : 'missed', why };
}

function unheard(programs: readonly Told[]): readonly string[] {
  return programs
    .filter(({ isOver }) => !isOver)
    .map(({ request, lastError }) => `${request.id}: its program waits still, after ${lastError?.message}`);
}

/** J3. */
function wrongRecord(fleet: HourFleet, { record }: SeenRecord): readonly string[] {
  const { id, summary, revision, request } = record;
  if (summary === undefined || revision === undefined) return [];
  return whyWrong(fleet, request.question, { summary, revision }).map(why => `${id} on the disk: ${why}`);
}

function wrongAnswers(fleet: HourFleet, { request, summaries }: Told): readonly string[] {
  return summaries.flatMap(({ summary, revision }) => {
    if (revision === undefined || summary.provisional === true) return [];
    return whyWrong(fleet, request.question, { summary, revision }).map(why => `${request.id} as told: ${why}`);
  });
}

function whyWrong({ language }: HourFleet, question: string, { summary, revision }: ToldAnswer): readonly string[] {
  const { text, committedBytes } = revision;
  const reference = referenceText(language, question, summary);
  if (summary.exact) return text === reference ? [] : [`${text} where ${reference} is right`];
  const committed = Buffer.from(text).subarray(0, committedBytes).toString();
  if (!reference.startsWith(committed)) return [`${committed} is committed where ${reference} is right`];
  return isSaidBySome(language, question, text) ? [] : [`nobody says ${text}`];
}

function isOwed({ state }: SeenRecord['record']): boolean {
  return state === 'accepted' || state === 'alone';
}

function wasKilled({ absences, ledger }: HourFleet, { request, acceptedMs = 0 }: Told): boolean {
  const { settledMs = Number.POSITIVE_INFINITY } = ledger.requests.get(request.id) ?? {};
  return absences['device-1'].some(([from]) => from >= acceptedMs && from <= settledMs);
}

function takenBack(fleet: HourFleet, { request, committed }: Told): readonly string[] {
  const text = fleet.ledger.requests.get(request.id)?.record.revision?.text;
  return text === undefined || text.startsWith(committed) ? [] : [`${request.id}: ${committed} is not in ${text}`];
}

function beyondBounds({ ledger, maxDiskBytes }: HourFleet): readonly string[] {
  const items = ledger.maxItems > STORE_BOUNDS.maxItems ? [`${ledger.maxItems} items waited`] : [];
  const disk = maxDiskBytes > MOST_DISK_BYTES ? [`${maxDiskBytes} bytes were on a disk`] : [];
  return [...items, ...disk];
}
