// SPDX-License-Identifier: Apache-2.0
import { launchLeafTree, listBrokers } from '@aiflow/lab';
import { describe, expect, test, vi } from 'vitest';
import { connectProbe } from './nats-probe.ts';

const PATH = 'af.lab.site-1.device-1.cloud.cloud-1';

describe.each(await listBrokers())('emulated links between servers of $version', binary => {
  test('a cut site is told apart at once, its own devices go on, and heal brings the path back', async () => {
    await using tree = await launchLeafTree({ binary }, { links: { delayMs: 5, jitterMs: 2 } });
    await using device = await connectProbe(tree.node('device-1').urls.control);
    await using edge = await connectProbe(tree.node('edge-1').urls.control);
    await using cloud = await connectProbe(tree.node('cloud-1').urls.control);
    const inSite = 'af.lab.site-1.device-1.site-1.edge-1';
    await cloud.subscribe(`${PATH}.>`);
    await edge.subscribe(`${inSite}.>`);
    await device.subscribe('af.lab.site-1.device-1.site-1.device-1.>');
    const reach = (subject: string, heard: () => number): Promise<void> =>
      vi.waitFor(
        () => {
          const before = heard();
          device.publish(`${subject}.ask`, 'x');
          expect(before).toBeGreaterThan(0);
        },
        { timeout: 15_000, interval: 50 },
      );
    await reach(PATH, () => cloud.received.length);
    await reach(inSite, () => edge.received.length);

    const uplink = tree.node('edge-1').link!;
    uplink.cut('reset');
    await vi.waitFor(() => {
      device.publish(`${PATH}.ask`, 'x', 'af.lab.site-1.device-1.site-1.device-1.reply');
      expect(device.received.some(({ status }) => status === 503)).toBe(true);
    }, 5000);
    const heardBefore = edge.received.length;
    await reach(inSite, () => edge.received.length - heardBefore);
    await expect(tree.awaitLinks({ limitMs: 100 })).rejects.toThrow('edge-1 -> cloud-1 (CONTROL)');

    uplink.heal();
    await tree.awaitLinks({ limitMs: 15_000 });
    const cloudBefore = cloud.received.length;
    const passed = uplink.counters.up.bytesOut;
    await reach(PATH, () => cloud.received.length - cloudBefore);
    expect(uplink.counters.up.bytesOut).toBeGreaterThan(passed);
  }, 60_000);
});

test('a server behind an emulated link comes back through the link, not past it', async () => {
  await using tree = await launchLeafTree({}, { links: {} });
  const device = tree.node('device-3');
  const link = device.link!;
  for (let round = 0; round < 3; round++) {
    link.cut('reset');
    await vi.waitFor(() => expect(link.openConnections).toBe(0));
    link.heal();
    await tree.awaitLinks({ limitMs: 15_000 });
    expect(link.openConnections).toBe(2);
  }
}, 60_000);
