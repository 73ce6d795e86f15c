// SPDX-License-Identifier: Apache-2.0
//
// The host's side of the channel.
//
// C1  The first message is `start`; it is answered by `ready` after every exit has run once, or by `refused`.
// C2  Every `call` is answered once, by `result` or `error`. `cancel` makes that answer come sooner; it is not one.
// C3  While a call is under way, a pulse goes out at least every `pulseMs` between two graph runs.
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { BatchingEngine } from '../engine.ts';
import { createEngine } from '../inference/create-engine.ts';
import type { EngineOptions } from '../inference/engine-options.ts';
import type { LogFields, Logger } from '../logger.ts';
import { collectGarbage } from './collect-garbage.ts';
import {
  type FromHost,
  fromHostFailure,
  type HostCalls,
  type HostDescription,
  type HostMethod,
  type ToHost,
  toHostFailure,
  toHostOutcome,
} from './host-protocol.ts';

/** The host's end of the channel. */
export interface HostPort {
  send(message: FromHost): void;
  /** Ends the process. */
  exit(): void;
}

/** Takes messages from the node. */
export interface EngineServer {
  receive(message: ToHost): void;
}

type Handler<Method extends HostMethod> = (
  engine: BatchingEngine,
  request: HostCalls[Method]['request'],
  signal: AbortSignal,
) => Promise<HostCalls[Method]['result']>;

const HANDLERS: { readonly [Method in HostMethod]: Handler<Method> } = {
  open: (engine, request, signal) => engine.open(request, signal).then(() => undefined),
  draft: (engine, request, signal) => engine.draft(request, signal),
  verify: (engine, request, signal) => engine.verify(request, signal),
  draftMany: async (engine, requests, signal) => (await engine.draftMany(requests, signal)).map(toHostOutcome),
  verifyMany: async (engine, requests, signal) => (await engine.verifyMany(requests, signal)).map(toHostOutcome),
  readState: (engine, request, signal) => engine.readState(request, signal),
  writeState: (engine, { session, state }, signal) => engine.writeState(session, state, signal).then(() => undefined),
  close: (engine, session) => engine.close(session).then(() => undefined),
  status: engine => engine.status(),
  measureBits: (engine, request, signal) => engine.measureBits(request, signal),
  measureVerifyCurve: (engine, request, signal) => engine.measureVerifyCurve(request, signal).finally(collectGarbage),
};

/** Serves one engine over `port`. */
export function createEngineServer(clock: Clock, port: HostPort): EngineServer {
  return new PortServer(clock, port);
}

class PortServer implements EngineServer {
  readonly #clock: Clock;
  readonly #port: HostPort;
  readonly #running = new Map<number, AbortController>();
  #engine: BatchingEngine | undefined;
  #pulseMs = 1000;
  #pulsing = false;

  constructor(clock: Clock, port: HostPort) {
    this.#clock = clock;
    this.#port = port;
  }

  receive(message: ToHost): void {
    switch (message.kind) {
      case 'start':
        this.#pulseMs = message.pulseMs;
        void this.#start(message.options);
        return;
      case 'call':
        void this.#call(message);
        return;
      case 'cancel':
        this.#running.get(message.id)?.abort(fromHostFailure(message.failure));
        return;
      case 'shutdown':
        this.#port.exit();
    }
  }

  async #start(options: EngineOptions): Promise<void> {
    try {
      const logger = createForwardingLogger(this.#port);
      const onRungsChanged = (rungs: ReadonlyMap<number, number>): void => this.#port.send({ kind: 'rungs', rungs });
      this.#engine = await createEngine({ clock: this.#clock, logger, onRungsChanged }, options);
      await warm(this.#engine);
      collectGarbage();
      const description = describe(this.#engine);
      this.#port.send({ kind: 'ready', description, residentBytes: process.memoryUsage.rss() });
    } catch (error) {
      this.#port.send({ kind: 'refused', failure: toHostFailure(error) });
    }
  }

  async #call({ id, method, request }: Extract<ToHost, { kind: 'call' }>): Promise<void> {
    const controller = new AbortController();
    this.#running.set(id, controller);
    if (!this.#pulsing) this.#pulse();
    try {
      const engine = this.#engine;
      if (engine === undefined) throw new AiflowError('failed-precondition', 'C1: call before the host was ready');
      const handler = HANDLERS[method] as Handler<HostMethod>;
      const value = await handler(engine, request as never, controller.signal);
      this.#port.send({ kind: 'result', id, value, residentBytes: process.memoryUsage.rss() });
    } catch (error) {
      this.#port.send({ kind: 'error', id, failure: toHostFailure(error) });
    } finally {
      this.#running.delete(id);
    }
  }

  /** C3 */
  #pulse(): void {
    this.#pulsing = this.#running.size > 0;
    if (!this.#pulsing) return;
    this.#port.send({ kind: 'pulse' });
    this.#clock.setTimer(this.#pulseMs, () => this.#pulse());
  }
}

/** A first run allocates and packs; nobody should wait for that later. */
async function warm(engine: BatchingEngine): Promise<void> {
  for (const exit of engine.exits) {
    await engine.measureVerifyCurve({ exit, tokens: [4], promptLength: 8, repeats: 1 });
  }
}

function describe({ family, exits, rungs, tensorContract, featureSpaces }: BatchingEngine): HostDescription {
  return { family, exits, rungs, tensorContract, featureSpaces };
}

function createForwardingLogger(port: HostPort): Logger {
  const at =
    (level: keyof Logger) =>
    (message: string, fields: LogFields = {}): void =>
      port.send({ kind: 'log', level, message, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
