// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
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
  type Transport,
} from '../src/index.ts';

/** Two nodes on a memory network in virtual time. */
export interface VirtualFleet {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly device: ActorSystem;
  readonly edge: ActorSystem;
  /** From now on both nodes know that their link is down, and what is under way is lost. */
  stopBroker(): void;
  /** Both links are up again, each node's at its own moment. */
  restartBroker(upAfterMs?: { readonly device: number; readonly edge: number }): void;
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
  const down = new Set<string>();
  const make = (node: string): ActorSystem => {
    const transport = overBroker(network.transport(node), down);
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
  const stopBroker = (): void => {
    for (const node of ['device-1', 'edge-1']) down.add(node);
    network.partition('device-1', 'edge-1');
  };
  const restartBroker = (upAfterMs = { device: 0, edge: 0 }): void => {
    clock.setTimer(upAfterMs.device, () => void down.delete('device-1'));
    clock.setTimer(upAfterMs.edge, () => void down.delete('edge-1'));
    clock.setTimer(Math.max(upAfterMs.device, upAfterMs.edge), () => network.heal('device-1', 'edge-1'));
  };
  return { clock, network, device, edge, stopBroker, restartBroker, expectNothingLeft };
}

/** Fails what is sent while the node is in `down`, as a transport does that knows its link. */
function overBroker(transport: Transport, down: ReadonlySet<string>): Transport {
  const { node, bootId, maxPayloadBytes } = transport;
  return {
    ...{ node, bootId, maxPayloadBytes },
    start: (receiver, signal) => transport.start(receiver, signal),
    send: envelope => {
      if (down.has(node)) throw new AiflowError('unavailable', 'no connection to the broker', { retryAfterMs: 250 });
      return transport.send(envelope);
    },
    close: () => transport.close(),
  };
}
