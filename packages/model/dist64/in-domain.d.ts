import type { MeasuringEngine } from './engine.ts';
import type { FamilyTokenizer } from './tokenizer/tokenizer.ts';
/** A question to weigh. */
export interface DomainQuestion {
  readonly question: string;
  readonly exit: number;
}
/**
 * Bits per UTF-8 byte that the exit needs for the question: low for what the family was trained on. Compare it with
 * the manifest's `inDomain.maxBitsPerByte`. An empty question costs 0; what exceeds the context is not counted.
 */
export declare function bitsPerByte(
  {
    engine,
    tokenizer,
  }: {
    readonly engine: MeasuringEngine;
    readonly tokenizer: FamilyTokenizer;
  },
  { question, exit }: DomainQuestion,
  signal?: AbortSignal,
): Promise<number>;
//# sourceMappingURL=in-domain.d.ts.map
