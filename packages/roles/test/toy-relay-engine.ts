// SPDX-License-Identifier: Apache-2.0
//
// An engine whose hidden states are hashes of the tokens so far, and whose words depend on every hidden row below its
// exit: a row that is lost, damaged or out of place changes what it says. It counts what it computes.
import type {
  DraftRequest,
  DraftResult,
  OpenRequest,
  ReadStateRequest,
  RelayingEngine,
  RelayingStatus,
  RelayState,
} from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';

export const TOY_WIDTH = 6;
export const TOY_END = 0;

export interface ToyRelayOptions {
  readonly exits: readonly number[];
  readonly fromLayer?: number;
  readonly format?: RelayingEngine['format'];
  readonly family?: string;
  readonly tensorContract?: string;
  readonly spaces?: string;
  /** Milliseconds for one row of one layer. */
  readonly rowMs?: number;
  /** Length of an answer, its end included. */
  readonly answerTokens?: number;
}

export interface ToyRelayEngine extends RelayingEngine {
  /** Rows computed, each counted once for each layer. */
  readonly layerRows: number;
  forget(): void;
  /** Spoils what is read from now on. */
  spoil(change: ((state: RelayState) => RelayState) | undefined): void;
}

interface Held {
  readonly prompt: readonly number[];
  answer: number[];
  /** Rows received, by position. */
  readonly received: Map<number, Float32Array>;
  receivedLayer: number;
  /** Rows computed at each layer. */
  readonly computed: Map<number, number>;
}

export function createToyRelayEngine(clock: Clock, options: ToyRelayOptions): ToyRelayEngine {
  const { exits, fromLayer = 0, format = 'fp32', rowMs = 0, answerTokens = 24 } = options;
  const deepest = Math.max(...exits);
  const sessions = new Map<string, Held>();
  let layerRows = 0;
  let receivedRows = 0;
  let change: ((state: RelayState) => RelayState) | undefined;

  const find = (session: string): Held => {
    const held = sessions.get(session);
    if (held === undefined) throw new AiflowError('not-found', `session ${session} is not held: open it again`);
    return held;
  };
  const crop = (held: Held, base: number, given: readonly number[] = []): void => {
    if (base > held.answer.length) throw new AiflowError('out-of-range', `base ${base} of ${held.answer.length}`);
    const kept = held.prompt.length + base;
    for (const position of [...held.received.keys()]) if (position >= kept) held.received.delete(position);
    for (const [layer, rows] of held.computed) held.computed.set(layer, Math.min(rows, kept));
    held.answer = [...held.answer.slice(0, base), ...given];
  };
  const spend = async (rows: number, layers: number, signal?: AbortSignal): Promise<void> => {
    layerRows += rows * layers;
    if (rows * layers * rowMs > 0) await sleep(clock, rows * layers * rowMs, signal);
  };
  /** Computes layers `from` to `to - 1` of all rows that lack them. */
  const compute = async (held: Held, span: readonly [number, number], signal?: AbortSignal): Promise<void> => {
    const rows = held.prompt.length + held.answer.length;
    for (let layer = span[0]; layer < span[1]; layer++) {
      const done = held.computed.get(layer) ?? 0;
      await spend(Math.max(0, rows - done), 1, signal);
      held.computed.set(layer, Math.max(rows, done));
    }
  };
  const rowOf = (held: Held, layer: number, position: number): Float32Array => {
    const received = held.receivedLayer === layer ? held.received.get(position) : undefined;
    return received ?? hiddenRow([...held.prompt, ...held.answer].slice(0, position + 1), layer);
  };
  /** What is said at `exit` after everything held, from the rows of the layer at which it was entered. */
  const next = (held: Held, exit: number): number => {
    if (held.answer.length >= answerTokens - 1) return TOY_END;
    const layer = held.received.size > 0 ? held.receivedLayer : (exits[0] ?? 0);
    const rows = held.prompt.length + held.answer.length;
    let sum = 0;
    for (let position = 0; position < rows; position++) {
      const tokens = [...held.prompt, ...held.answer].slice(0, position + 1);
      const clean = hiddenRow(tokens, layer);
      const row = rowOf(held, layer, position);
      // 0 where the row is what it should be within 1 %, else anything: so damage shows and rounding does not.
      for (let column = 0; column < TOY_WIDTH; column++) {
        if (Math.abs((row[column] ?? 0) - (clean[column] ?? 0)) > 0.01) sum += 1 + position;
      }
    }
    return 1 + ((hash([...held.prompt, ...held.answer, exit]) + sum * 977) % 4000);
  };
  const demandRows = (session: string, held: Held): number => {
    const rows = held.prompt.length + held.answer.length;
    for (let position = 0; position < rows; position++) {
      if (!held.received.has(position) && fromLayer > 0) {
        throw new AiflowError(
          'failed-precondition',
          `session ${session} lacks the features before layer ${fromLayer} of positions ${position} to ${rows - 1}`,
          { details: { session, layer: String(fromLayer), from: String(position), to: String(rows) } },
        );
      }
    }
    return rows;
  };

  return {
    family: options.family ?? 'toy',
    format,
    exits,
    rungs: new Map(exits.map(exit => [exit, 1])),
    tensorContract: options.tensorContract ?? 'toy-contract',
    featureSpaces: new Map(
      Array.from({ length: deepest + 1 }, (_, layer) => [layer, `${options.spaces ?? 'toy'}-space-${layer}`]),
    ),
    get layerRows() {
      return layerRows;
    },
    forget: () => sessions.clear(),
    spoil: how => {
      change = how;
    },
    open: async ({ session, prompt, answer = [] }: OpenRequest) => {
      const received = new Map<number, Float32Array>();
      sessions.set(session, { prompt, answer: [...answer], received, receivedLayer: 0, computed: new Map() });
    },
    draft: async ({ session, exit, base, given = [], count }: DraftRequest, signal): Promise<DraftResult> => {
      const held = find(session);
      crop(held, base, given);
      const beganMs = clock.nowMs();
      const tokens: number[] = [];
      while (tokens.length < count && tokens.at(-1) !== TOY_END) {
        const rows = demandRows(session, held);
        const isEntered = held.received.size === rows;
        await compute(held, [isEntered ? held.receivedLayer : 0, exit + 1], signal);
        const token = next(held, exit);
        held.answer.push(token);
        tokens.push(token);
      }
      const finished = tokens.at(-1) === TOY_END;
      return { tokens, margins: tokens.map(() => 2), finished, computeMs: clock.nowMs() - beganMs };
    },
    verify: async () => {
      throw new AiflowError('unimplemented', 'a toy does not verify');
    },
    readState: async (request: ReadStateRequest, signal) => {
      const held = find(request.session);
      crop(held, request.base, request.given);
      if (!exits.includes(request.layer)) throw new AiflowError('not-found', `no cut at layer ${request.layer}`);
      await compute(held, [0, request.layer], signal);
      const rows = held.prompt.length + held.answer.length - request.from;
      const tokens = [...held.prompt, ...held.answer];
      const planes = (seed: number): readonly number[] =>
        Array.from({ length: rows }, (_, row) => [
          ...hiddenRow(tokens.slice(0, request.from + row + 1), request.layer + seed),
        ]).flat();
      const cache = Array.from({ length: 2 * request.layer }, (_, plane) => planes(1000 + plane)).flat();
      const state: RelayState = {
        layer: request.layer,
        from: request.from,
        rows,
        canonicalRows: rows,
        hidden: Float32Array.from(planes(0)),
        ...(request.includeCache ? { cache: Float32Array.from(cache) } : {}),
      };
      return change?.(state) ?? state;
    },
    writeState: async (session: string, state: RelayState) => {
      const held = find(session);
      if (state.hidden.length !== state.rows * TOY_WIDTH) throw new AiflowError('invalid-argument', 'wrong shape');
      receivedRows += state.rows;
      held.receivedLayer = state.layer;
      for (let row = 0; row < state.rows; row++) {
        held.received.set(state.from + row, state.hidden.slice(row * TOY_WIDTH, (row + 1) * TOY_WIDTH));
      }
      if (state.cache !== undefined) checkCache(held, state);
      if (state.cache === undefined) return;
      for (let layer = 0; layer < state.layer; layer++) held.computed.set(layer, state.from + state.rows);
    },
    close: async session => void sessions.delete(session),
    status: async (): Promise<RelayingStatus> => ({
      ...{ sessions: sessions.size, cachedBytes: 0, residentBytes: 0 },
      ...{ receivedRows, refilledRows: 0, stages: [] },
    }),
    measureBits: async () => 0,
    measureVerifyCurve: async () => [],
    [Symbol.asyncDispose]: async () => sessions.clear(),
  };
}

/** Keys and values that are not those of their plane and position are a bug of whoever carried them. */
function checkCache({ prompt, answer }: Held, { cache, layer, from, rows }: RelayState): void {
  const tokens = [...prompt, ...answer];
  for (let plane = 0; plane < 2 * layer; plane++) {
    for (let row = 0; row < rows; row++) {
      const expected = hiddenRow(tokens.slice(0, from + row + 1), layer + 1000 + plane);
      const at = (plane * rows + row) * TOY_WIDTH;
      expected.forEach((value, column) => {
        if (Math.abs((cache?.[at + column] ?? Number.NaN) - value) <= 0.01) return;
        throw new AiflowError('internal', `cache plane ${plane}, row ${row}, column ${column} is another's`);
      });
    }
  }
}

function hiddenRow(tokens: readonly number[], layer: number): Float32Array {
  const seed = hash([...tokens, layer]);
  return Float32Array.from({ length: TOY_WIDTH }, (_, column) => hash([seed, column]) / 2 ** 31 - 1);
}

function hash(numbers: readonly number[]): number {
  let state = 0x811c9dc5;
  for (const number of numbers) state = Math.imul(state ^ number, 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  return (state ^ (state >>> 15)) >>> 0;
}
