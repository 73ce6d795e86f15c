// SPDX-License-Identifier: Apache-2.0
//
// Keeps one healthy host.
//
//   starting --ready--> serving --ended--> waiting --backoff--> starting
//                          |
//                          +--over the memory limit--> serving + warming --ready--> serving (the new one)
//
// P1  Whoever asks for the host while there is none waits for the next one, at most `startLimitMs`.
// P2  Delays between starts double from BACKOFF.firstMs to BACKOFF.mostMs and fall back once a host has answered a call.
// P3  A host over its memory limit is replaced by one that is ready before the old one gets no more calls. Calls under
//     way end on the old one, which is then stopped.
// P4  A replacement that needs more than the limit from the start is refused: it would be replaced for ever.
// P5  A host of a progressive engine begins with the rungs its predecessor had reached: a caller may count on them.
import { AiflowError } from '@aiflow/protocol';
import { sleep } from '@aiflow/time';
import type { EngineOptions } from '../inference/engine-options.ts';
import { type HostCollaborators, type HostProcess, type HostWatch, startHostProcess } from './host-process.ts';

/** Hands out the host to call. */
export interface HostSupervisor {
  /** Hosts started after the first because one ended. */
  readonly restarts: number;
  /** Hosts replaced for their memory. */
  readonly recycles: number;
  /** The serving host, or the next one. `unavailable` when none comes in time. */
  host(signal?: AbortSignal): Promise<HostProcess>;
  /** Tells that `host` answered a call, so that its health and memory can be judged. */
  answered(host: HostProcess): void;
  stop(): Promise<void>;
}

/** Limits of the hosts to keep. */
export interface SupervisorOptions extends HostWatch {
  readonly engine: EngineOptions;
  readonly rssLimitBytes: number;
}

/** Delays between two starts, in milliseconds. */
export const BACKOFF = { firstMs: 100, mostMs: 10_000 } as const;

/**
 * Starts the first host.
 *
 * @throws AiflowError what loading the family fails with, or `resource-exhausted` where it needs more than `rssLimitBytes`.
 */
export async function createHostSupervisor(
  collaborators: HostCollaborators,
  options: SupervisorOptions,
): Promise<HostSupervisor> {
  const supervisor = new Supervisor(collaborators, options);
  await supervisor.begin();
  return supervisor;
}

class Supervisor implements HostSupervisor {
  restarts = 0;
  recycles = 0;
  readonly #collaborators: HostCollaborators;
  readonly #options: SupervisorOptions;
  readonly #stopping = new AbortController();
  readonly #alive = new Set<HostProcess>();
  #serving: Promise<HostProcess> | undefined;
  #delayMs: number = BACKOFF.firstMs;
  #warming = false;
  /** Serves what a successor must serve at least. */
  #latest: HostProcess | undefined;

  constructor(collaborators: HostCollaborators, options: SupervisorOptions) {
    this.#collaborators = collaborators;
    this.#options = options;
  }

  async begin(): Promise<void> {
    this.#serve(Promise.resolve(await this.#start()));
  }

  host(signal?: AbortSignal): Promise<HostProcess> {
    const serving =
      this.#serving ??
      Promise.reject(new AiflowError('unavailable', 'no model host was started: await begin() before the first call'));
    return within(serving, this.#collaborators, { limitMs: this.#options.startLimitMs, signal });
  }

  answered(host: HostProcess): void {
    this.#delayMs = BACKOFF.firstMs;
    const isOver = host.residentBytes > this.#options.rssLimitBytes;
    if (isOver && !this.#warming && this.#alive.has(host)) void this.#recycle(host);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(disposed());
    await Promise.all([...this.#alive].map(host => host.stop()));
  }

  async #start(): Promise<HostProcess> {
    const host = await startHostProcess(this.#collaborators, this.#engineOptions(), this.#options);
    const { rssLimitBytes } = this.#options;
    const refusal = this.#stopping.signal.aborted
      ? disposed()
      : host.residentBytes > rssLimitBytes && overLimit(host.residentBytes, rssLimitBytes);
    if (refusal) {
      await host.stop();
      throw refusal;
    }
    this.#alive.add(host);
    this.#latest = host;
    void host.ended.then(() => this.#alive.delete(host));
    return host;
  }

  /** P5 */
  #engineOptions(): EngineOptions {
    const { engine } = this.#options;
    return this.#latest === undefined ? engine : { ...engine, firstRungs: this.#latest.rungs };
  }

  #serve(next: Promise<HostProcess>): void {
    this.#serving = next;
    next.then(
      host => host.ended.then(reason => this.#replaceLost(next, reason)),
      () => undefined,
    );
  }

  #replaceLost(lost: Promise<HostProcess>, reason: string): void {
    if (this.#serving !== lost || this.#stopping.signal.aborted) return;
    this.restarts++;
    this.#collaborators.logger.warn('model host ended and is started again', { reason, delayMs: this.#delayMs });
    this.#serve(this.#restart());
  }

  async #restart(): Promise<HostProcess> {
    const { clock, logger } = this.#collaborators;
    for (;;) {
      await sleep(clock, this.#delayMs, this.#stopping.signal);
      this.#delayMs = Math.min(2 * this.#delayMs, BACKOFF.mostMs);
      try {
        return await this.#start();
      } catch (error) {
        if (this.#stopping.signal.aborted) throw error;
        const because = AiflowError.from(error).message;
        logger.error('model host did not start', { because, retryAfterMs: this.#delayMs });
      }
    }
  }

  async #recycle(old: HostProcess): Promise<void> {
    const { logger } = this.#collaborators;
    this.#warming = true;
    try {
      this.#serve(Promise.resolve(await this.#start()));
      this.recycles++;
      logger.info('model host replaced for its memory', { residentBytes: old.residentBytes });
      await drain(old, this.#collaborators);
      await old.stop();
    } catch (error) {
      const because = AiflowError.from(error).message;
      logger.error('model host is over its memory limit and cannot be replaced', { because });
    } finally {
      this.#warming = false;
    }
  }
}

const DRAIN_POLL_MS = 20;
const DRAIN_LIMIT_MS = 60_000;

async function drain(host: HostProcess, { clock }: HostCollaborators): Promise<void> {
  const beganMs = clock.nowMs();
  while (host.callsUnderWay > 0 && clock.nowMs() - beganMs < DRAIN_LIMIT_MS) await sleep(clock, DRAIN_POLL_MS);
}

async function within(
  serving: Promise<HostProcess>,
  { clock }: HostCollaborators,
  { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal | undefined },
): Promise<HostProcess> {
  const limit = new AbortController();
  const either = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
  const late = sleep(clock, limitMs, either).then(() => {
    throw new AiflowError('unavailable', `no model host came up within ${limitMs} ms`, { retryAfterMs: limitMs });
  });
  try {
    return await Promise.race([serving, late]);
  } finally {
    limit.abort();
    late.catch(() => undefined);
  }
}

function disposed(): AiflowError {
  return new AiflowError('cancelled', 'the hosted engine was disposed');
}

function overLimit(residentBytes: number, rssLimitBytes: number): AiflowError {
  return new AiflowError(
    'resource-exhausted',
    `a fresh model host takes ${residentBytes} bytes, rssLimitBytes is ${rssLimitBytes}: load fewer exits or raise it`,
  );
}
