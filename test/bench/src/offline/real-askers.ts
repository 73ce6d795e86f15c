// SPDX-License-Identifier: Apache-2.0
//
// Programs on the device. Each asks by the door, and asks again under the same id when the door closes on it.
import { connect, type Fleet } from '@aiflow/node';
import { AiflowError } from '@aiflow/protocol';
import { type AnswerSummary, REQUESTS_ACTOR, type RequestStatus, requestStatus } from '@aiflow/roles';
import { type Clock, sleep } from '@aiflow/time';
import { DEADLINE_MS } from './real-rows.ts';

/** A question with what was said to it in peace. */
export interface PeacefulQuestion {
  readonly question: string;
  /** By the cloud alone. */
  readonly cloud: string;
  /** By the device alone. */
  readonly device: string;
}

/** A request to be made. */
export interface PlannedRequest {
  readonly id: string;
  readonly asked: PeacefulQuestion;
  readonly atMs: number;
}

/** What a program saw of its request. */
export interface SeenAnswer {
  readonly request: PlannedRequest;
  /** It was told that the request is journalled. */
  readonly accepted: boolean;
  /** When it had its answer, by the wall clock. */
  readonly answeredMs?: number;
  readonly text?: string;
  readonly summary?: AnswerSummary;
  readonly failure?: string;
  readonly tries: number;
}

/** Where programs ask. */
export interface AskerParts {
  readonly node: string;
  readonly socket: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

const RETRY_MS = 100;
const ENTER_LIMIT_MS = 3000;
/** A program gives up then; the node should not have let it come so far. */
const PATIENCE_MS = 120_000;

/** Makes all requests at their times, by `askers` programs at once. */
export async function askAll(
  parts: AskerParts,
  requests: readonly PlannedRequest[],
  askers: number,
): Promise<readonly SeenAnswer[]> {
  const beganMs = parts.clock.nowMs();
  const waiting = [...requests].sort((one, other) => one.atMs - other.atMs);
  const seen: SeenAnswer[] = [];
  const work = async (): Promise<void> => {
    const program = new Program(parts);
    try {
      for (let request = waiting.shift(); request !== undefined; request = waiting.shift()) {
        await sleep(parts.clock, Math.max(0, beganMs + request.atMs - parts.clock.nowMs()), parts.signal);
        seen.push(await program.ask(request));
      }
    } finally {
      await program.leave();
    }
  };
  await Promise.all(Array.from({ length: askers }, work));
  return seen;
}

/** What the node knows of request `id`; undefined where it does not know it. */
export async function readStatus(fleet: Fleet, node: string, id: string): Promise<RequestStatus | undefined> {
  try {
    return (await fleet.ask({ node, actor: REQUESTS_ACTOR }, requestStatus, { id }))[0];
  } catch (error) {
    if (AiflowError.from(error).code === 'not-found') return undefined;
    throw error;
  }
}

class Program {
  readonly #parts: AskerParts;
  #fleet: Fleet | undefined;

  constructor(parts: AskerParts) {
    this.#parts = parts;
  }

  async ask(request: PlannedRequest): Promise<SeenAnswer> {
    const { clock, signal, progress } = this.#parts;
    const untilMs = clock.nowMs() + PATIENCE_MS;
    let seen: SeenAnswer = { request, accepted: false, tries: 0 };
    while (clock.nowMs() < untilMs) {
      try {
        seen = { ...seen, tries: seen.tries + 1 };
        for await (const item of this.#items(await this.#enter(), request)) seen = note(seen, item, clock.wallMs());
        if (seen.answeredMs !== undefined) return seen;
      } catch (error) {
        signal.throwIfAborted();
        const { code, message } = AiflowError.from(error);
        const failure = await this.#failureOf(request.id);
        if (seen.tries === 1 || failure !== undefined)
          progress(
            `${request.id}: ${code} ${message.slice(0, 120)}${failure === undefined ? '' : `; failed: ${failure}`}`,
          );
        if (failure !== undefined) return { ...seen, failure };
        await this.leave();
        await sleep(clock, RETRY_MS, signal);
      }
    }
    return seen;
  }

  async leave(): Promise<void> {
    const fleet = this.#fleet;
    this.#fleet = undefined;
    await Promise.resolve(fleet?.[Symbol.asyncDispose]()).catch(() => undefined);
  }

  async #enter(): Promise<Fleet> {
    const { socket, clock, signal } = this.#parts;
    this.#fleet ??= await connect({ socket, clock, signal, timeoutMs: ENTER_LIMIT_MS });
    return this.#fleet;
  }

  #items(fleet: Fleet, { id, asked }: PlannedRequest): ReturnType<Fleet['askItems']> {
    const { node: at, signal } = this.#parts;
    return fleet.askItems(asked.question, { at, id, deadlineMs: DEADLINE_MS, signal });
  }

  async #failureOf(id: string): Promise<string | undefined> {
    if (this.#fleet === undefined) return undefined;
    const status = await readStatus(this.#fleet, this.#parts.node, id).catch(() => undefined);
    return status?.state === 'failed' ? `${status.error?.code} ${status.error?.message}` : undefined;
  }
}

type Item = ReturnType<Fleet['askItems']> extends AsyncIterable<infer Each> ? Each : never;

function note(seen: SeenAnswer, item: Item, wallMs: number): SeenAnswer {
  if (item.kind === 'accepted') return { ...seen, accepted: true };
  if (item.kind === 'revision') return { ...seen, text: item.revision.text };
  return { ...seen, summary: item.summary, answeredMs: seen.answeredMs ?? wallMs };
}
