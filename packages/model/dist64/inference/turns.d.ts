/** Lets work with one key run in the order it was asked for, one at a time; different keys interleave. */
export interface Turns {
  readonly waiting: number;
  take<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
}
/** Holds `maxWaiting` calls at most; more are refused with `resource-exhausted`. */
export declare function createTurns({ maxWaiting }: { readonly maxWaiting: number }): Turns;
//# sourceMappingURL=turns.d.ts.map
