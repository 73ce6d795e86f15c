// SPDX-License-Identifier: Apache-2.0
//
// Puts chunks together again, whatever order they come in.
//
// S1  Memory is bounded: at most `maxAssemblies` messages and `maxBytes` of their declared sizes are held at once.
//     What would go past either is refused; what is held is never pushed out by newcomers.
// S2  A message comes out once. Duplicates of its chunks, also after it came out, change nothing.
// S3  An assembly that saw no new chunk for `timeoutMs` is dropped, and `onDropped` is told; never silently.
// S4  Messages of different sources never mix, even under one message id.
import { AiflowError } from './aiflow-error.ts';
import { type Chunk, chunkBytes } from './chunk.ts';

/** The part of a clock that an assembler needs; every `Clock` of @aiflow/time is one. */
export interface ChunkAssemblerClock {
  nowMs(): number;
  setTimer(delayMs: number, fire: () => void): { cancel(): void };
}

/** What a chunk assembler works with. */
export interface ChunkAssemblerCollaborators {
  readonly clock: ChunkAssemblerClock;
  /** Told `deadline-exceeded` when an assembly went stale (S3), or `cancelled` when the assembler was closed over it. */
  readonly onDropped: (source: string, messageId: string, error: AiflowError) => void;
}

/** Limits of a chunk assembler. */
export interface ChunkAssemblerOptions {
  readonly maxAssemblies: number;
  readonly maxBytes: number;
  /** How long an assembly may wait for its next chunk. */
  readonly timeoutMs: number;
}

/** Collects chunks into messages. */
export interface ChunkAssembler {
  /**
   * Takes a chunk that came from `source`, and returns the message when it was the last one missing. Throws
   * `resource-exhausted` at a limit (S1) and `invalid-argument` when the chunk contradicts the ones before it.
   */
  accept(source: string, chunk: Chunk): Uint8Array | undefined;
  readonly openAssemblies: number;
  readonly heldBytes: number;
  /** Drops what is open. */
  close(): void;
}

/** An assembler with nothing in it. */
export function createChunkAssembler(
  collaborators: ChunkAssemblerCollaborators,
  options: ChunkAssemblerOptions,
): ChunkAssembler {
  return new BoundedChunkAssembler(collaborators, options);
}

interface Assembly {
  readonly source: string;
  readonly messageId: string;
  readonly count: number;
  readonly bytes: Uint8Array;
  /** A bit a chunk, so that many tiny chunks cost no more than their bytes (S1). */
  readonly present: Uint8Array;
  presentCount: number;
  lastProgressMs: number;
}

/** Assemblies that ended are remembered this many times `maxAssemblies`, so that late duplicates open no new one (S2). */
const REMEMBERED_FACTOR = 8;

class BoundedChunkAssembler implements ChunkAssembler {
  readonly #collaborators: ChunkAssemblerCollaborators;
  readonly #options: ChunkAssemblerOptions;
  /** In order of last progress, the stalest first. */
  readonly #assemblies = new Map<string, Assembly>();
  readonly #ended = new Set<string>();
  #timer: { cancel(): void } | undefined;
  #reservedBytes = 0;

  constructor(collaborators: ChunkAssemblerCollaborators, options: ChunkAssemblerOptions) {
    this.#collaborators = collaborators;
    this.#options = options;
  }

  get openAssemblies(): number {
    return this.#assemblies.size;
  }

  get heldBytes(): number {
    return this.#reservedBytes;
  }

  accept(source: string, chunk: Chunk): Uint8Array | undefined {
    const key = `${source}\n${chunk.messageId}`;
    if (this.#ended.has(key)) return undefined;
    const assembly = this.#assemblies.get(key) ?? this.#open(key, source, chunk);
    checkConsistent(assembly, chunk);
    if (!markPresent(assembly, chunk.index)) return undefined;
    assembly.bytes.set(chunk.bytes, chunk.index * chunkBytes(chunk.totalBytes, chunk.count));
    if (assembly.presentCount < assembly.count) {
      this.#touch(key, assembly);
      return undefined;
    }
    this.#end(key, assembly);
    return assembly.bytes;
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const [key, assembly] of this.#assemblies) {
      this.#drop(key, assembly, 'cancelled', 'the receiver closed');
    }
  }

  #open(key: string, source: string, chunk: Chunk): Assembly {
    this.#checkRoom(source, chunk);
    const { messageId, count, totalBytes } = chunk;
    const bytes = new Uint8Array(totalBytes);
    const present = new Uint8Array(Math.ceil(count / 8));
    const assembly: Assembly = { source, messageId, count, bytes, present, presentCount: 0, lastProgressMs: 0 };
    this.#reservedBytes += totalBytes;
    this.#touch(key, assembly);
    return assembly;
  }

  /** S1 */
  #checkRoom(source: string, chunk: Chunk): void {
    const { maxAssemblies, maxBytes, timeoutMs } = this.#options;
    const what = `chunked message ${chunk.messageId} of ${chunk.totalBytes} bytes from ${source}`;
    const retryAfterMs = timeoutMs;
    if (chunk.totalBytes > maxBytes) {
      throw new AiflowError('resource-exhausted', `${what} exceeds maxBytes ${maxBytes}: send it as a stream`);
    }
    if (this.#assemblies.size >= maxAssemblies) {
      const message = `${what} refused: ${this.#assemblies.size} are being put together, maxAssemblies is ${maxAssemblies}`;
      throw new AiflowError('resource-exhausted', message, { retryAfterMs });
    }
    if (this.#reservedBytes + chunk.totalBytes > maxBytes) {
      const message = `${what} refused: ${this.#reservedBytes} bytes are held already, maxBytes is ${maxBytes}`;
      throw new AiflowError('resource-exhausted', message, { retryAfterMs });
    }
  }

  #touch(key: string, assembly: Assembly): void {
    assembly.lastProgressMs = this.#collaborators.clock.nowMs();
    this.#assemblies.delete(key);
    this.#assemblies.set(key, assembly);
    this.#arm();
  }

  #end(key: string, assembly: Assembly): void {
    this.#assemblies.delete(key);
    this.#reservedBytes -= assembly.bytes.byteLength;
    this.#ended.add(key);
    const [oldest] = this.#ended;
    if (oldest !== undefined && this.#ended.size > this.#options.maxAssemblies * REMEMBERED_FACTOR) {
      this.#ended.delete(oldest);
    }
  }

  #arm(): void {
    const [stalest] = this.#assemblies.values();
    if (this.#timer !== undefined || stalest === undefined) return;
    const { clock } = this.#collaborators;
    const delayMs = stalest.lastProgressMs + this.#options.timeoutMs - clock.nowMs();
    this.#timer = clock.setTimer(Math.max(1, delayMs), () => this.#sweep());
  }

  /** S3 */
  #sweep(): void {
    this.#timer = undefined;
    const { timeoutMs } = this.#options;
    const staleBeforeMs = this.#collaborators.clock.nowMs() - timeoutMs;
    for (const [key, assembly] of this.#assemblies) {
      if (assembly.lastProgressMs > staleBeforeMs) break;
      this.#drop(key, assembly, 'deadline-exceeded', `no new chunk came for ${timeoutMs} ms`);
    }
    this.#arm();
  }

  #drop(key: string, assembly: Assembly, code: 'cancelled' | 'deadline-exceeded', reason: string): void {
    this.#end(key, assembly);
    const { source, messageId, presentCount, count } = assembly;
    const message = `chunked message ${messageId} from ${source} was dropped with ${presentCount} of ${count} chunks: ${reason}`;
    this.#collaborators.onDropped(source, messageId, new AiflowError(code, message));
  }
}

/** False when the chunk was there already. */
function markPresent(assembly: Assembly, index: number): boolean {
  const bit = 1 << (index & 7);
  const flags = assembly.present[index >>> 3] ?? 0;
  if ((flags & bit) !== 0) return false;
  assembly.present[index >>> 3] = flags | bit;
  assembly.presentCount += 1;
  return true;
}

function checkConsistent(assembly: Assembly, chunk: Chunk): void {
  if (assembly.count === chunk.count && assembly.bytes.byteLength === chunk.totalBytes) return;
  throw new AiflowError(
    'invalid-argument',
    `chunk ${chunk.index} of message ${chunk.messageId} says ${chunk.count} chunks and ${chunk.totalBytes} bytes, earlier ones said ${assembly.count} and ${assembly.bytes.byteLength}`,
  );
}
