// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { useLedgerFleet } from './ledger-fleet.ts';
import { AT_ONCE_MS, countBy, type Ending, endingOf, type Probed, watchStates } from './test-fleet.ts';

const SILENCE_MS = 30_000;
const TIMEOUT_MS = 1000;
/** What ends at its deadline ends this much later at most. */
const SLACK_MS = 1000;
const ledgers = useLedgerFleet('silent', 'link: {},');

let entries = 0;
function add(to: string): Promise<Ending> {
  const id = `entry-${++entries}`;
  return endingOf(() => ledgers.client.call(`ledger@${to}`, { type: 'test.add', id }, { timeoutMs: TIMEOUT_MS }));
}

test('a link that is silent for 30 s makes its node suspect and dead, hangs no ask on either side, and heals by itself', async () => {
  const link = ledgers.fleet.running.links.of('edge-1')!;
  const states = watchStates(ledgers.client, 'edge-1');
  for (const node of ['cloud-1', 'edge-1']) {
    await ledgers.client.call(`ledger@${node}`, {
      type: 'test.probe',
      node: 'device-1',
      everyMs: 200,
      timeoutMs: TIMEOUT_MS,
    });
  }
  link.cut('silence');
  const cutMs = Date.now();
  const asked: Promise<Ending>[] = [];
  while (Date.now() < cutMs + SILENCE_MS) {
    asked.push(add('edge-1'));
    await new Promise(resolve => setTimeout(resolve, 250));
  }
  const readiness = await ledgers.fleet.readiness('edge-1');
  link.heal();
  const healedMs = Date.now();
  await expect.poll(() => states.seen.at(-1), { timeout: 15_000 }).toBe('alive');
  await expect.poll(async () => (await add('edge-1')).code, { timeout: 5000 }).toBe('ok');
  states.stop();

  expect(states.seen.filter(state => state !== 'seen')).toEqual(['alive', 'suspect', 'dead', 'alive']);
  expect(readiness).toMatch(/^503 .*mesh: link to the broker is down/);
  const endings = await Promise.all(asked);
  for (const { code, hop, tookMs } of endings) {
    expect(['deadline-exceeded', 'unavailable']).toContain(code);
    expect(hop).toBe(`${ledgers.client.client} -> edge-1/ledger`);
    expect(tookMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
  }
  const last = endings.slice(-10);
  for (const { code, tookMs, message } of last) {
    expect(code, message).toBe('unavailable');
    expect(tookMs).toBeLessThan(AT_ONCE_MS);
  }

  const others = (await ledgers.client.call('ledger@cloud-1', { type: 'test.probed' })) as Probed;
  expect(countBy(others.outcomes, ({ code }) => code)).toEqual({ ok: others.outcomes.length });
  const own = (await ledgers.client.call('ledger@edge-1', { type: 'test.probed' })) as Probed;
  const during = own.outcomes.filter(({ beganMs }) => beganMs > cutMs && beganMs < healedMs);
  expect(during.length).toBeGreaterThan(50);
  for (const { code, tookMs, hop } of during) {
    expect(['deadline-exceeded', 'unavailable']).toContain(code);
    expect(hop).toMatch(/^edge-1 -> (device-1\/ledger|broker nats:)/);
    expect(tookMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
  }
  // Once the cut node has noticed, by its unanswered pings, it refuses at once and names its own link, not the peer.
  const noticed = during.filter(({ message }) => message === 'no connection to the broker: reconnecting');
  expect(noticed.length).toBeGreaterThan(20);
  expect(during.at(-1)).toEqual(noticed.at(-1));
  for (const { code, tookMs } of noticed) {
    expect(code).toBe('unavailable');
    expect(tookMs).toBeLessThan(AT_ONCE_MS);
  }
}, 90_000);
