import type { FamilyFolder } from '../manifest/family-folder.ts';
import type { SpecialTokens } from '../manifest/manifest.ts';
/** Turns tokens into text as they come. */
export interface TextStream {
  /** The text that `ids` complete; never part of a character, so it may be shorter than what they hold. */
  push(ids: readonly number[]): string;
  /** What is left; bytes that form no character become U+FFFD. */
  end(): string;
}
/** Text to token ids and back, for a family whose vocabulary is byte-level. */
export interface FamilyTokenizer {
  readonly specials: SpecialTokens;
  /** Ids of plain text. Text that looks like a special token is text. */
  encode(text: string): number[];
  /** [question] text [answer]: the prompt of a session. */
  encodeQuestion(text: string): number[];
  /** Special tokens have no text. */
  decode(ids: readonly number[]): string;
  stream(): TextStream;
  /** UTF-8 bytes that the ids stand for. */
  byteLength(ids: readonly number[]): number;
}
/**
 * Loads the family's tokenizer, its hash checked.
 *
 * @throws AiflowError `not-found` or `data-loss` as {@link FamilyFolder.read}, `invalid-argument` for an unusable file.
 */
export declare function openTokenizer({ manifest, read }: FamilyFolder): Promise<FamilyTokenizer>;
//# sourceMappingURL=tokenizer.d.ts.map
