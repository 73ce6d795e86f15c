// SPDX-License-Identifier: Apache-2.0
//
// The host's side of the channel.
//
// C1  The first message is `start`; it is answered by `ready` after every exit has run once, or by `refused`.
// C2  Every `call` is answered once, by `result` or `error`. `cancel` makes that answer come sooner; it is not one.
// C3  While a call is under way, a pulse goes out at least every `pulseMs` between two graph runs.
import { AiflowError } from '@aiflow/protocol';
import { createEngine } from '../inference/create-engine.js';
import { fromHostFailure, toHostFailure } from './host-protocol.js';

const HANDLERS = {
  open: (engine, request, signal) => engine.open(request, signal).then(() => undefined),
  draft: (engine, request, signal) => engine.draft(request, signal),
  verify: (engine, request, signal) => engine.verify(request, signal),
  readState: (engine, request, signal) => engine.readState(request, signal),
  writeState: (engine, { session, state }, signal) => engine.writeState(session, state, signal).then(() => undefined),
  close: (engine, session) => engine.close(session).then(() => undefined),
  status: engine => engine.status(),
  measureBits: (engine, request, signal) => engine.measureBits(request, signal),
  measureVerifyCurve: (engine, request, signal) => engine.measureVerifyCurve(request, signal),
};
/** Serves one engine over `port`. */
export function createEngineServer(clock, port) {
  return new PortServer(clock, port);
}
class PortServer {
  #clock;
  #port;
  #running = new Map();
  #engine;
  #pulseMs = 1000;
  #pulsing = false;
  constructor(clock, port) {
    this.#clock = clock;
    this.#port = port;
  }
  receive(message) {
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
  async #start(options) {
    try {
      const logger = createForwardingLogger(this.#port);
      const onRungsChanged = rungs => this.#port.send({ kind: 'rungs', rungs });
      this.#engine = await createEngine({ clock: this.#clock, logger, onRungsChanged }, options);
      await warm(this.#engine);
      const description = describe(this.#engine);
      this.#port.send({ kind: 'ready', description, residentBytes: process.memoryUsage.rss() });
    } catch (error) {
      this.#port.send({ kind: 'refused', failure: toHostFailure(error) });
    }
  }
  async #call({ id, method, request }) {
    const controller = new AbortController();
    this.#running.set(id, controller);
    if (!this.#pulsing) this.#pulse();
    try {
      const engine = this.#engine;
      if (engine === undefined) throw new AiflowError('failed-precondition', 'C1: call before the host was ready');
      const handler = HANDLERS[method];
      const value = await handler(engine, request, controller.signal);
      this.#port.send({ kind: 'result', id, value, residentBytes: process.memoryUsage.rss() });
    } catch (error) {
      this.#port.send({ kind: 'error', id, failure: toHostFailure(error) });
    } finally {
      this.#running.delete(id);
    }
  }
  /** C3 */
  #pulse() {
    this.#pulsing = this.#running.size > 0;
    if (!this.#pulsing) return;
    this.#port.send({ kind: 'pulse' });
    this.#clock.setTimer(this.#pulseMs, () => this.#pulse());
  }
}
/** A first run allocates and packs; nobody should wait for that later. */
async function warm(engine) {
  for (const exit of engine.exits) {
    await engine.measureVerifyCurve({ exit, tokens: [4], promptLength: 8, repeats: 1 });
  }
}
function describe({ family, exits, rungs, tensorContract, featureSpaces }) {
  return { family, exits, rungs, tensorContract, featureSpaces };
}
function createForwardingLogger(port) {
  const at =
    level =>
    (message, fields = {}) =>
      port.send({ kind: 'log', level, message, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
//# sourceMappingURL=serve-engine.js.map
