// SPDX-License-Identifier: Apache-2.0
//
// Calls over one host's channel.
//
// H3  Every call settles: by the host's answer, or with a lost-host error once the process has ended, whatever the reason.
// H4  A host that says nothing for `silenceLimitMs` while a call is under way hangs, and is killed: it would pulse. It is
//     given GRACE_MS more, since after a pause of this process the timer may fire before messages that wait are read.
// H5  An aborted call is cancelled in the host and settles with the host's answer, so that a session's next call finds
//     it at rest. Who must not wait races the call against the signal.
import type { ChildProcess } from 'node:child_process';
import { AiflowError } from '@aiflow/protocol';
import type { Clock, Timer } from '@aiflow/time';
import type { Logger } from '../logger.ts';
import {
  type FromHost,
  fromHostFailure,
  type HostDescription,
  type HostMethod,
  type ToHost,
  toHostFailure,
} from './host-protocol.ts';

/** Value of `details.host` on errors that mean the process is gone. */
export const LOST_HOST = 'lost';

const GRACE_MS = 250;

/** One host's channel from the node's side. */
export interface HostChannel {
  /** Settles with the host's first word. */
  readonly ready: Promise<HostDescription>;
  readonly residentBytes: number;
  /** The rung that serves, by exit; empty before the host's first word. */
  readonly rungs: ReadonlyMap<number, number>;
  readonly callsUnderWay: number;
  send(message: ToHost): void;
  call(method: HostMethod, request: unknown, signal: AbortSignal | undefined): Promise<unknown>;
  /** Kills the process and remembers why. */
  kill(reason: string): void;
  /** Tells the channel that the process has ended; returns why, which is better known here after a kill. */
  lose(reason: string): string;
}

/** What a channel needs and its one limit. */
export interface HostChannelOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly silenceLimitMs: number;
}

interface Settle<Value> {
  resolve(value: Value): void;
  reject(error: AiflowError): void;
}

/** Listens to `child` from now on. */
export function createHostChannel(child: ChildProcess, options: HostChannelOptions): HostChannel {
  const channel = new Channel(child, options);
  child.on('message', message => channel.receive(message as FromHost));
  return channel;
}

class Channel implements HostChannel {
  residentBytes = 0;
  rungs: ReadonlyMap<number, number> = new Map();
  readonly #child: ChildProcess;
  readonly #options: HostChannelOptions;
  readonly #pending = new Map<number, Settle<unknown>>();
  readonly #readiness = deferred<HostDescription>();
  #nextId = 1;
  #lost: AiflowError | undefined;
  #killedFor: string | undefined;
  #silence: Timer | undefined;

  constructor(child: ChildProcess, options: HostChannelOptions) {
    this.#child = child;
    this.#options = options;
  }

  get ready(): Promise<HostDescription> {
    return this.#readiness.promise;
  }

  get callsUnderWay(): number {
    return this.#pending.size;
  }

  send(message: ToHost): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  async call(method: HostMethod, request: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    if (this.#lost !== undefined) throw this.#lost;
    const id = this.#nextId++;
    const cancel = (): void => {
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

  kill(reason: string): void {
    this.#killedFor ??= reason;
    this.#child.kill('SIGKILL');
  }

  lose(reason: string): string {
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

  receive(message: FromHost): void {
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

  #take(id: number): Settle<unknown> | undefined {
    const found = this.#pending.get(id);
    this.#pending.delete(id);
    return found;
  }

  #watchSilence(): void {
    this.#silence?.cancel();
    this.#silence = undefined;
    if (this.#pending.size === 0) return;
    const { clock, silenceLimitMs } = this.#options;
    this.#silence = clock.setTimer(silenceLimitMs, () => {
      this.#silence = clock.setTimer(GRACE_MS, () => this.kill(`it was silent for ${silenceLimitMs} ms`));
    });
  }
}

function deferred<Value>(): Settle<Value> & { readonly promise: Promise<Value> } {
  let settle: Settle<Value> = { resolve: () => undefined, reject: () => undefined };
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => undefined);
  return { promise, resolve: value => settle.resolve(value), reject: error => settle.reject(error) };
}
