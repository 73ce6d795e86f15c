// SPDX-License-Identifier: Apache-2.0
import { createLinkEmulator, type LinkEmulator, type TwoWayLinkSettings } from '@aiflow/lab';
import { type Clock, createSeededRandom } from '@aiflow/time';
import { createTeardown } from '../daemon/teardown.ts';

/** The link a node asks for; `up` is away from the node. */
export interface EmulatedLink extends TwoWayLinkSettings {
  /** Jitter and losses depend on it and on the node's name. Default: on the name alone. */
  readonly seed?: number | undefined;
}

/** What is known here of a node. */
export interface LinkedNode {
  readonly name: string;
  readonly link?: EmulatedLink | undefined;
}

/** The links between the broker and the nodes whose file asks for an emulated one. */
export interface EmulatedLinks extends AsyncDisposable {
  /** The broker's address as `node` sees it: through its link, or directly. */
  urlOf(node: string): string;
  /** The link of `node`; undefined when it has none. */
  of(node: string): LinkEmulator | undefined;
}

/** Opens a link for each node that asks for one. */
export async function openLinks(clock: Clock, nodes: readonly LinkedNode[], brokerUrl: string): Promise<EmulatedLinks> {
  const teardown = createTeardown();
  const emulators = new Map<string, LinkEmulator>();
  const { hostname, port } = new URL(brokerUrl);
  for (const { name, link } of nodes) {
    if (link === undefined) continue;
    const { seed, ...settings } = link;
    const random = createSeededRandom(seed === undefined ? `link ${name}` : `link ${name} ${seed}`);
    const emulator = await createLinkEmulator(
      { clock, random },
      { target: { host: hostname, port: Number(port) }, ...settings },
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
