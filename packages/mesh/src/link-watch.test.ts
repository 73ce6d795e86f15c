// SPDX-License-Identifier: Apache-2.0
import { SILENT_LOGGER } from '@aiflow/actor';
import { AiflowError } from '@aiflow/protocol';
import { createVirtualClock } from '@aiflow/time';
import { describe, expect, test } from 'vitest';
import { createLinkWatch } from './link-watch.ts';
import { createRateLimitedLog } from './rate-limited-log.ts';
import { formatSubject } from './subjects.ts';
import { createTransportCounters } from './transport-counters.ts';

const cut = new AiflowError('unavailable', 'the link was cut');
const broker = { url: 'u', serverName: 's', version: '2', maxPayloadBytes: 1, supportsHeaders: true };

function start(isClosed = false) {
  const counters = createTransportCounters();
  const told: string[] = [];
  const warnings: string[] = [];
  const watch = createLinkWatch({
    ...{ counters, logger: { ...SILENT_LOGGER, warn: message => void warnings.push(message) } },
    log: createRateLimitedLog(SILENT_LOGGER, createVirtualClock()),
    undelivered: {
      lost: reply => void told.push(`lost ${reply}`),
      failAll: (_error, node, actor) => void told.push(`fail all with ${node}/${actor}`),
    },
    isClosed: () => isClosed,
    failQueued: () => void told.push('fail what is queued'),
    listener: () => ({
      unreachable: () => void told.push('unreachable'),
      up: () => void told.push('up'),
      down: () => void told.push('down'),
    }),
  });
  return { watch, counters, told, warnings };
}

describe('a watch over the links', () => {
  test('tells the listener of the control link alone', () => {
    const { watch, told } = start();
    for (const link of ['control', 'bulk'] as const) watch.eventsOf(link).up(broker);
    watch.eventsOf('control').down(cut);
    expect(told).toEqual(['up', 'down']);
  });

  test('tells the listener of either link that can not be had', () => {
    const { watch, told } = start();
    for (const link of ['control', 'bulk'] as const) watch.eventsOf(link).unreachable(cut);
    expect(told).toEqual(['unreachable', 'unreachable']);
  });

  test('fails what waits for the bulk link when that goes down', () => {
    const { watch, told, counters } = start();
    watch.eventsOf('bulk').down(cut);
    expect(told).toEqual(['fail what is queued']);
    expect(counters.disconnects).toBe(1);
  });

  test('says nothing of links that this node closed, but fails what waits', () => {
    const { watch, told, warnings } = start(true);
    for (const link of ['control', 'bulk'] as const) watch.eventsOf(link).down(cut);
    expect(told).toEqual(['fail what is queued']);
    expect(warnings).toEqual([]);
  });

  test('reports what did not leave, if it began an exchange', () => {
    const { watch, told, counters } = start();
    const { lost } = watch.eventsOf('control');
    lost({ subject: 's', bytes: new Uint8Array(), reply: undefined }, cut);
    lost({ subject: 's', bytes: new Uint8Array(), reply: 'r' }, cut);
    expect(counters.lost).toBe(2);
    expect(told).toEqual(['lost r']);
  });

  test('fails what a refused message began, and keeps the refusal', () => {
    const { watch, told } = start();
    const [from, to] = ['me', 'peer'].map(node => ({ site: 's', node }));
    const subject = formatSubject({ kind: 'message', fleet: 'f', from: from!, to: to!, actor: 'a', lane: 'control' });
    const refusal = new AiflowError('permission-denied', 'no', { details: { subject } });
    watch.eventsOf('bulk').refused(new AiflowError('permission-denied', 'no', { details: { subject: 'af.hello.f' } }));
    watch.eventsOf('bulk').refused(refusal);
    expect(told).toEqual(['fail all with peer/a']);
    expect(watch.lastRefusal).toBe(refusal);
  });
});
