// SPDX-License-Identifier: Apache-2.0
import { type ErrorCode, isRetryable } from './error-code.ts';

const MARKER = Symbol.for('aiflow.error');

/** What an {@link AiflowError} may say beside its code and message. */
export interface AiflowErrorOptions {
  /** Values a program may branch on or a log may index; never secrets, never payloads. */
  readonly details?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
  /** The node on which it failed. */
  readonly node?: string;
  /** The link or actor on the way to which it failed, such as `device-1 -> edge-1/verifier`. */
  readonly hop?: string;
  /** When a retry may succeed, in milliseconds from now. */
  readonly retryAfterMs?: number;
}

/**
 * The one error of aiflow. Messages are lower-case and say what failed, the value, the limit and the remedy:
 * `payload of 9000000 bytes exceeds maxMessageBytes 8388608: send it as a stream`.
 */
export class AiflowError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string>>;
  readonly node: string | undefined;
  readonly hop: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: AiflowErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AiflowError';
    this.code = code;
    this.details = options.details ?? {};
    this.node = options.node;
    this.hop = options.hop;
    this.retryAfterMs = options.retryAfterMs;
    Object.defineProperty(this, MARKER, { value: true });
  }

  /** Whether the same call may succeed later: a function of the code alone. */
  get retryable(): boolean {
    return isRetryable(this.code);
  }

  /** True for errors of this class, also when two copies of the package are loaded. */
  static is(value: unknown): value is AiflowError {
    return typeof value === 'object' && value !== null && MARKER in value;
  }

  /** Total: whatever was thrown becomes an error of this class. An abort becomes `cancelled`, a foreign error `unknown`. */
  static from(value: unknown, fallback: ErrorCode = 'unknown'): AiflowError {
    if (AiflowError.is(value)) return value;
    if (value instanceof Error) {
      const code = ABORT_NAMES[value.name] ?? fallback;
      return new AiflowError(code, value.message || value.name, { cause: value });
    }
    return new AiflowError(fallback, describe(value), { cause: value });
  }

  /** The same error with the place where it failed filled in; what is already known stays. */
  at(place: { readonly node?: string; readonly hop?: string }): AiflowError {
    const node = this.node ?? place.node;
    const hop = this.hop ?? place.hop;
    if (node === this.node && hop === this.hop) return this;
    const options = { details: this.details, cause: this.cause ?? this, retryAfterMs: this.retryAfterMs, node, hop };
    return new AiflowError(this.code, this.message, dropUndefined(options));
  }
}

const ABORT_NAMES: Readonly<Record<string, ErrorCode>> = {
  AbortError: 'cancelled',
  TimeoutError: 'deadline-exceeded',
};

function describe(value: unknown): string {
  try {
    return `thrown value ${String(value)}`;
  } catch {
    return 'thrown value that has no text form';
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function dropUndefined<T extends object>(value: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<Defined<T>>;
}
