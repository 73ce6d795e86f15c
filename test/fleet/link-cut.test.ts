// SPDX-License-Identifier: Apache-2.0
import { createLinkEmulator } from '@aiflow/lab';
import type { Fleet } from '@aiflow/node';
import { jsonPayload } from '@aiflow/protocol';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { describe, expect, test } from 'vitest';
import { useLedgerFleet } from './ledger-fleet.ts';
import { AT_ONCE_MS, countBy, type Ending, endingOf, type Probed, stateOf, watchStates } from './test-fleet.ts';

const ledgers = useLedgerFleet('cut', 'link: {},');

const JSON_NOTE = jsonPayload<{ id: string }>('test.note');

let entries = 0;
function add(to: string, timeoutMs: number, by: Fleet = ledgers.client): Promise<Ending> {
  return endingOf(() => by.call(`ledger@${to}`, { type: 'test.add', id: `entry-${++entries}` }, { timeoutMs }));
}

describe("a node's link that is reset", () => {
  test('fails asks to it at once, naming the hop, leaves the others talking, and heals by itself', async () => {
    const link = ledgers.fleet.running.links.of('edge-1')!;
    const states = watchStates(ledgers.client, 'edge-1');
    const open = endingOf(() =>
      ledgers.client.call('ledger@edge-1', { type: 'test.wait', ms: 60_000 }, { timeoutMs: 20_000 }),
    );
    await ledgers.client.call('ledger@cloud-1', { type: 'test.probe', node: 'device-1', everyMs: 50, timeoutMs: 1000 });
    await ledgers.client.call('ledger@edge-1', { type: 'test.probe', node: 'device-1', everyMs: 50, timeoutMs: 1000 });
    await new Promise(resolve => setTimeout(resolve, 300));
    link.cut('reset');

    await expect.poll(async () => (await add('edge-1', 5000)).message).toMatch(/nobody listens/);
    const refused = await add('edge-1', 5000);
    expect(refused).toMatchObject({ code: 'unavailable', hop: `${ledgers.client.client} -> edge-1/ledger` });
    expect(refused.tookMs).toBeLessThan(AT_ONCE_MS);
    expect(await ledgers.fleet.readiness('edge-1')).toMatch(/^503 .*mesh: link to the broker is down/);
    await expect.poll(() => stateOf(ledgers.client, 'edge-1'), { timeout: 15_000 }).toBe('dead');
    const dead = await add('edge-1', 5000);
    expect(dead.message).toMatch(/^node edge-1 is dead: nothing was heard/);
    expect(dead.tookMs).toBeLessThan(AT_ONCE_MS);
    // What was open with it ended with its death, long before its deadline.
    const ended = await open;
    expect(ended).toMatchObject({ code: 'unavailable', hop: `${ledgers.client.client} -> edge-1/ledger` });
    expect(ended.message).toMatch(/edge-1 is dead/);
    expect(ended.tookMs).toBeLessThan(15_000);
    expect(await add('device-1', 2000)).toMatchObject({ code: 'ok' });
    expect(
      ledgers.fleet.log.filter(line => line.startsWith('device-1 ') && /client-\w+ is (suspect|dead)/.test(line)),
    ).toEqual([]);

    link.heal();
    await expect.poll(() => states.seen.at(-1), { timeout: 15_000 }).toBe('alive');
    expect(await add('edge-1', 2000)).toMatchObject({ code: 'ok' });
    await expect.poll(() => ledgers.fleet.readiness('edge-1'), { timeout: 5000 }).toBe('200 ok\n');
    states.stop();
    expect(states.seen.filter(state => state !== 'seen')).toEqual(['alive', 'suspect', 'dead', 'alive']);

    const others = (await ledgers.client.call('ledger@cloud-1', { type: 'test.probed' })) as Probed;
    expect(countBy(others.outcomes, ({ code }) => code)).toEqual({ ok: others.outcomes.length });
    const own = (await ledgers.client.call('ledger@edge-1', { type: 'test.probed' })) as Probed;
    const unsent = own.outcomes.filter(({ message }) => message.startsWith('no connection to the broker'));
    expect(unsent.length).toBeGreaterThan(50);
    for (const { code, tookMs, hop } of unsent) {
      expect(code).toBe('unavailable');
      expect(hop).toMatch(/^edge-1 -> broker nats:/);
      expect(tookMs).toBeLessThan(AT_ONCE_MS);
    }
  }, 60_000);
});

describe("a client's link that is cut", () => {
  test('fails what is asked, told and streamed meanwhile at once, and none of it arrives later', async () => {
    const { url, user, password } = ledgers.fleet.running.run;
    const { hostname, port } = new URL(url);
    await using link = await createLinkEmulator(
      { clock: createSystemClock(), random: createSeededRandom('client') },
      { target: { host: hostname, port: Number(port) } },
    );
    await using cut = await ledgers.fleet.connect({
      url: `nats://127.0.0.1:${link.port}`,
      credentials: { user: user!, password: password! },
    });
    await cut.waitForNodes(3, { timeoutMs: 5000 });
    expect(await add('device-1', 2000, cut)).toMatchObject({ code: 'ok' });
    link.cut('reset');
    await expect.poll(async () => (await add('device-1', 2000, cut)).message).toMatch(/no connection to the broker/);

    const contract = { kind: 'tell', request: JSON_NOTE } as const;
    const asked = await endingOf(() =>
      cut.call('ledger@device-1', { type: 'test.add', id: 'asked-while-cut' }, { timeoutMs: 5000 }),
    );
    const told = await endingOf(() => cut.tell('ledger@device-1', contract, { id: 'told-while-cut' }));
    const streamed = await endingOf(async () => {
      for await (const _ of cut.stream(
        'ledger@device-1',
        { kind: 'stream', request: JSON_NOTE, item: JSON_NOTE },
        { id: '' },
      ));
    });
    for (const { code, message, hop, tookMs, retryAfterMs } of [asked, told, streamed]) {
      expect({ code, message }).toEqual({ code: 'unavailable', message: 'no connection to the broker: reconnecting' });
      expect(hop).toMatch(new RegExp(`^${cut.client} -> broker nats://127.0.0.1:${link.port}`));
      expect(tookMs).toBeLessThan(AT_ONCE_MS);
      expect(retryAfterMs).toBeGreaterThan(0);
    }
    link.heal();
    await expect.poll(async () => (await add('device-1', 1000, cut)).code, { timeout: 15_000 }).toBe('ok');
    const { ids } = (await ledgers.client.call('ledger@device-1', { type: 'test.read' })) as { ids: string[] };
    expect(ids.filter(id => id.endsWith('-while-cut'))).toEqual([]);
  }, 30_000);
});
