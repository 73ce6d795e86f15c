// SPDX-License-Identifier: Apache-2.0
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@aiflow/time';
import { expect } from 'vitest';
import {
  type ActorSystem,
  type ActorSystemOptions,
  createActorSystem,
  createMemoryNetwork,
  describeSystem,
  type Interceptor,
  type LinkFaults,
  type MemoryNetwork,
} from '../src/index.ts';

/** Two nodes on a memory network in virtual time. */
export interface VirtualFleet {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly device: ActorSystem;
  readonly edge: ActorSystem;
  /** Fails unless every exchange, message, handler and timer is gone. */
  expectNothingLeft(): Promise<void>;
}

export interface VirtualFleetSettings {
  readonly seed?: number;
  readonly faults?: LinkFaults;
  readonly options?: ActorSystemOptions;
  readonly interceptors?: readonly Interceptor[];
}

/** Nodes `device-1` and `edge-1`, started. */
export async function createVirtualFleet(settings: VirtualFleetSettings = {}): Promise<VirtualFleet> {
  const { seed = 1, faults = {}, options = {}, interceptors = [] } = settings;
  const clock = createVirtualClock();
  const random = createSeededRandom(seed);
  const network = createMemoryNetwork({ clock, random }, { faults });
  const make = (node: string): ActorSystem => {
    const transport = network.transport(node);
    return createActorSystem({ transport, clock, random: random.fork(node), interceptors }, options);
  };
  const device = make('device-1');
  const edge = make('edge-1');
  await device.start();
  await edge.start();
  const expectNothingLeft = async (): Promise<void> => {
    expect(clock.pendingTimers).toBe(0);
    expect(network.statistics().inFlight).toBe(0);
    for (const system of [device, edge]) {
      const own = { node: system.node, actor: '$system' };
      const { openExchanges, serving, actors } = await system.ask(own, describeSystem, {});
      expect({ openExchanges, serving }).toEqual({ openExchanges: 1, serving: 0 }); // this very question is one
      for (const { name, mailboxDepth, inProgress } of actors) {
        if (name !== '$system')
          expect({ name, mailboxDepth, inProgress }).toEqual({ name, mailboxDepth: 0, inProgress: 0 });
      }
    }
    expect(clock.pendingTimers).toBe(0);
  };
  return { clock, network, device, edge, expectNothingLeft };
}
