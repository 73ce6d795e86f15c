import { AiflowError } from '@aiflow/protocol';
import { fromHostFailure, toHostFailure } from './host-protocol.js';
/** Value of `details.host` on errors that mean the process is gone. */
export const LOST_HOST = 'lost';
const GRACE_MS = 250;
/** Listens to `child` from now on. */
export function createHostChannel(child, options) {
  const channel = new Channel(child, options);
  child.on('message', message => channel.receive(message));
  return channel;
}
class Channel {
  residentBytes = 0;
  rungs = new Map();
  #child;
  #options;
  #pending = new Map();
  #readiness = deferred();
  #nextId = 1;
  #lost;
  #killedFor;
  #silence;
  constructor(child, options) {
    this.#child = child;
    this.#options = options;
  }
  get ready() {
    return this.#readiness.promise;
  }
  get callsUnderWay() {
    return this.#pending.size;
  }
  send(message) {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
  async call(method, request, signal) {
    if (this.#lost !== undefined) throw this.#lost;
    const id = this.#nextId++;
    const cancel = () => {
      this.send({ kind: 'cancel', id, failure: toHostFailure(AiflowError.from(signal?.reason, 'cancelled')) });
    };
    signal?.addEventListener('abort', cancel, { once: true });
    const answer = new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.send({ kind: 'call', id, method, request });
      if (this.#silence === undefined) this.#watchSilence();
    });
    return answer.finally(() => signal?.removeEventListener('abort', cancel));
  }
  kill(reason) {
    this.#killedFor ??= reason;
    this.#child.kill('SIGKILL');
  }
  lose(reason) {
    this.#silence?.cancel();
    const why = this.#killedFor ?? reason;
    const lost = new AiflowError('unavailable', `the model host ended: ${why}`, {
      details: { host: LOST_HOST },
    });
    this.#lost = lost;
    this.#readiness.reject(lost);
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(lost);
    return why;
  }
  receive(message) {
    if (message.kind === 'ready' || message.kind === 'result') this.residentBytes = message.residentBytes;
    switch (message.kind) {
      case 'ready':
        this.rungs = message.description.rungs;
        this.#readiness.resolve(message.description);
        break;
      case 'refused':
        this.#readiness.reject(fromHostFailure(message.failure));
        break;
      case 'result':
        this.#take(message.id)?.resolve(message.value);
        break;
      case 'error':
        this.#take(message.id)?.reject(fromHostFailure(message.failure));
        break;
      case 'log':
        this.#options.logger[message.level](message.message, { ...message.fields, hostPid: this.#child.pid });
        break;
      case 'rungs':
        this.rungs = message.rungs;
        break;
      case 'pulse':
        break;
    }
    this.#watchSilence();
  }
  #take(id) {
    const found = this.#pending.get(id);
    this.#pending.delete(id);
    return found;
  }
  #watchSilence() {
    this.#silence?.cancel();
    this.#silence = undefined;
    if (this.#pending.size === 0) return;
    const { clock, silenceLimitMs } = this.#options;
    this.#silence = clock.setTimer(silenceLimitMs, () => {
      this.#silence = clock.setTimer(GRACE_MS, () => this.kill(`it was silent for ${silenceLimitMs} ms`));
    });
  }
}
function deferred() {
  let settle = { resolve: () => undefined, reject: () => undefined };
  const promise = new Promise((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => undefined);
  return { promise, resolve: value => settle.resolve(value), reject: error => settle.reject(error) };
}
//# sourceMappingURL=host-channel.js.map
