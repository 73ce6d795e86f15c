// SPDX-License-Identifier: Apache-2.0
import { createLinkEmulator, type LinkEmulator } from '@aiflow/lab';
import { type Clock, createSeededRandom } from '@aiflow/time';
import type { FleetNodeConfig } from '../config/fleet-config.ts';
import { createTeardown } from '../daemon/teardown.ts';

/** The links between the broker and the nodes whose file asks for an emulated one. */
export interface EmulatedLinks extends AsyncDisposable {
  /** The broker's address as `node` sees it: through its link, or directly. */
  urlOf(node: string): string;
  /** The link of `node`; undefined when it has none. */
  of(node: string): LinkEmulator | undefined;
}

/** Opens a link for each node that asks for one. The jitter of a node's link depends on its name alone. */
export async function openLinks(
  clock: Clock,
  nodes: readonly FleetNodeConfig[],
  brokerUrl: string,
): Promise<EmulatedLinks> {
  const teardown = createTeardown();
  const emulators = new Map<string, LinkEmulator>();
  const { hostname, port } = new URL(brokerUrl);
  for (const { name, link } of nodes) {
    if (link === undefined) continue;
    const random = createSeededRandom(`link ${name}`);
    const emulator = await createLinkEmulator(
      { clock, random },
      { target: { host: hostname, port: Number(port) }, ...link },
    );
    emulators.set(name, teardown.use(emulator));
  }
  return {
    urlOf: node => {
      const emulator = emulators.get(node);
      return emulator ? `nats://127.0.0.1:${emulator.port}` : brokerUrl;
    },
    of: node => emulators.get(node),
    [Symbol.asyncDispose]: () => teardown[Symbol.asyncDispose](),
  };
}
