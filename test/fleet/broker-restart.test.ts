// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { useLedgerFleet } from './ledger-fleet.ts';
import { type Ending, endingOf } from './test-fleet.ts';

const TIMEOUT_MS = 2000;
const ledgers = useLedgerFleet('restarted');

const NODES = ['cloud-1', 'edge-1', 'device-1'];

interface Asked extends Ending {
  readonly id: string;
  readonly to: string;
}

/** Asks every ledger each 25 ms, whatever became of the asks before, until `done`. */
async function askOn(done: () => boolean): Promise<readonly Asked[]> {
  const asked: Promise<Asked>[] = [];
  for (let turn = 0; !done(); turn++) {
    for (const to of NODES) {
      const id = `${to}/${turn}`;
      const call = (): Promise<unknown> =>
        ledgers.client.call(`ledger@${to}`, { type: 'test.add', id }, { timeoutMs: TIMEOUT_MS });
      asked.push(endingOf(call).then(ending => ({ ...ending, id, to })));
    }
    await new Promise(resolve => setTimeout(resolve, 25));
  }
  return Promise.all(asked);
}

test('asks that flow while the broker is killed and restarted end once each, naming the hop, and the fleet heals by itself', async () => {
  const before = ledgers.client.nodes();
  let finished = false;
  const flowing = askOn(() => finished);
  await new Promise(resolve => setTimeout(resolve, 500));
  const answeredInTheGap = endingOf(() => waitAt('edge-1', 700, TIMEOUT_MS));
  const answeredAfterwards = endingOf(() => waitAt('edge-1', 4000, 9000));
  await new Promise(resolve => setTimeout(resolve, 200));
  await ledgers.fleet.running.broker?.kill();
  await new Promise(resolve => setTimeout(resolve, 2500));
  await ledgers.fleet.running.broker?.restart();
  await expect
    .poll(() => Promise.all(NODES.map(async to => (await ask(to)).code)), { timeout: 15_000 })
    .toEqual(['ok', 'ok', 'ok']);
  await new Promise(resolve => setTimeout(resolve, 500));
  finished = true;
  const asked = await flowing;

  const failed = asked.filter(({ code }) => code !== 'ok');
  expect(failed.length).toBeGreaterThan(0);
  for (const { code, hop, message, to, tookMs } of failed) {
    expect(['unavailable', 'deadline-exceeded'], message).toContain(code);
    expect(hop, message).toMatch(new RegExp(`^${ledgers.client.client} -> (${to}/ledger|broker nats://)`));
    expect(tookMs).toBeLessThan(TIMEOUT_MS + 1000);
  }
  for (const to of NODES) {
    const answered = asked.filter(ask => ask.to === to && ask.code === 'ok').map(({ id }) => id);
    const { ids, messageIds } = (await ledgers.client.call(`ledger@${to}`, { type: 'test.read' })) as Ledger;
    expect(ids).toEqual(expect.arrayContaining(answered));
    expect(new Set(ids).size, 'an entry was made twice').toBe(ids.length);
    expect(new Set(messageIds).size, 'a message was handled twice').toBe(messageIds.length);
  }
  expect(await answeredInTheGap).toMatchObject({
    code: 'deadline-exceeded',
    hop: `${ledgers.client.client} -> edge-1/ledger`,
    message: 'ask in JSON to edge-1/ledger did not end within 2000 ms',
  });
  expect(await answeredAfterwards).toMatchObject({ code: 'ok', value: { waitedMs: 4000 } });
  // What began while there was no broker was refused at once, not at its deadline.
  const refused = failed.filter(({ message }) => message.startsWith('no connection to the broker'));
  expect(refused.length).toBeGreaterThan(0);
  for (const { code, tookMs } of refused) {
    expect(code).toBe('unavailable');
    expect(tookMs).toBeLessThan(TIMEOUT_MS / 4);
  }
  const after = await ledgers.client.waitForNodes(3, { timeoutMs: 10_000 });
  expect(after.map(({ name, state, pid, bootId }) => ({ name, state, pid, bootId }))).toEqual(
    before.map(({ name, pid, bootId }) => ({ name, state: 'alive', pid, bootId })),
  );
});

interface Ledger {
  readonly ids: string[];
  readonly messageIds: string[];
}

function waitAt(to: string, ms: number, timeoutMs: number): Promise<unknown> {
  return ledgers.client.call(`ledger@${to}`, { type: 'test.wait', ms }, { timeoutMs });
}

let checks = 0;
function ask(to: string): Promise<Ending> {
  return endingOf(() =>
    ledgers.client.call(`ledger@${to}`, { type: 'test.add', id: `check-${++checks}` }, { timeoutMs: 500 }),
  );
}
