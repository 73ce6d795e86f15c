// SPDX-License-Identifier: Apache-2.0
import type { Recording } from '../harness/build-rows.ts';
import type { Row } from '../harness/row.ts';

/** What was measured; undefined for what was not yet. */
export interface OfflineRecordings {
  /** Of hours in virtual time. */
  readonly hours: Recording | undefined;
  /** Of real processes. */
  readonly processes: Recording | undefined;
}

const BEGIN = '<!-- measured -->';
const END = '<!-- end of measured -->';

/** The page with the figures of `recordings` in the place of those that it had. Throws where it has no place for them. */
export function writeMeasured(page: string, { hours, processes }: OfflineRecordings): string {
  const [from, until] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || until < from)
    throw new Error(`docs/offline.md has no lines ${BEGIN} and ${END} any more: put them back`);
  const sections = [
    ...(hours === undefined ? [] : [inVirtualTime(hours)]),
    ...(processes === undefined ? [] : [asProcesses(processes)]),
  ];
  return `${page.slice(0, from)}${[BEGIN, ...sections, END].join('\n\n')}${page.slice(until + END.length)}`;
}

function inVirtualTime(recording: Recording): string {
  return [
    '## In virtual time',
    'Device, edge and cloud with toy engines, real outboxes and journals on disks in memory, on a network in memory. Each hour has 200 questions with 2 to 10 s, half of them within seconds of a fault; 20 cuts of the device’s uplink of 1 to 60 s; 5 kills of each node, two of five with the power, half of them set to fall into a commit, back after 1 to 20 s; 2 broker restarts. Peers are noticed late, as by a mesh. Programs on the device outlive it and ask again under the same id, but for one of ten, which leaves once it was accepted. Then at most ten minutes to catch up.',
    tableOf(recording),
    `${provenance(recording, 'offline')} One hour again: \`HOUR_SEED=17 npx vitest run test/bench/src/offline/hour.test.ts\`. Four broken parts are played as well: an inbox that forgets, an owner that takes any answer, a courier that drops, a disk that syncs nothing; each spoils its hour.`,
  ].join('\n\n');
}

function asProcesses(recording: Recording): string {
  return ['## As processes', tableOf(recording), provenance(recording, 'tunnel')].join('\n\n');
}

function tableOf({ rows }: Recording): string {
  const head = ['| | value | aim |', '| --- | ---: | --- |'];
  return [...head, ...rows.map(rowOf)].join('\n');
}

function rowOf({ metric, value, unit, aim, met }: Row): string {
  const shown = value === null ? 'not measured' : `${formatValue(value)}${unit === 'count' ? '' : ` ${unit}`}`;
  const verdict = aim === null ? '' : `${aim.replace('value ', '')}${met ? '' : ', missed'}`;
  return `| ${metric.replace('virtual hours: ', '')} | ${shown} | ${verdict} |`;
}

function formatValue(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 1 });
}

function provenance({ date, commit, machine }: Recording, name: string): string {
  return `Measured ${date} at ${commit} on ${machine}, by \`npm run bench -- ${name} --record\`.`;
}
