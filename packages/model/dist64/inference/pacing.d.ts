import { type Clock } from '@aiflow/time';
/** Measures one call, notices that its caller gave up, and stretches it where a slower machine is emulated. */
export interface Pacing {
  /** Called after each piece of computing. Throws `cancelled` or `deadline-exceeded` when the signal says so. */
  checkpoint(): Promise<void>;
  elapsedMs(): number;
}
/** What a call is measured with and how it is stretched. */
export interface PacingOptions {
  readonly clock: Clock;
  /** Processor time this process has used. Wall time would count what neighbours on the machine do. */
  readonly processorMs: () => number;
  /** With 3, a call takes three times its processor time; the rest is slept, not burnt. */
  readonly slowdown: number;
  readonly signal: AbortSignal | undefined;
}
/** Starts measuring. */
export declare function createPacing({ clock, processorMs, slowdown, signal }: PacingOptions): Pacing;
/** Processor time of this process in all its threads, in milliseconds. */
export declare function processorTimeMs(): number;
/** Turns an aborted signal into the error its reason means. */
export declare function throwIfGivenUp(signal: AbortSignal | undefined): void;
//# sourceMappingURL=pacing.d.ts.map
