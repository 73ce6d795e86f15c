// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { Tokenizer } from '@huggingface/tokenizers';
import type { FamilyFolder } from '../manifest/family-folder.ts';
import type { SpecialTokens } from '../manifest/manifest.ts';
import { BYTE_OF_CHARACTER } from './byte-alphabet.ts';

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
export async function openTokenizer({ manifest, read }: FamilyFolder): Promise<FamilyTokenizer> {
  const { file, specials } = manifest.tokenizer;
  const bytes = await read(manifest.tokenizer);
  const tokenizer = parseTokenizer(new TextDecoder().decode(bytes), file);
  const pieces = tokenBytes(tokenizer, { vocabulary: manifest.dimensions.vocabulary, file });
  const markers = [...tokenizer.get_added_tokens_decoder().values()].map(token => token.content);
  const encode = (text: string): number[] =>
    splitMarkers(text, markers).flatMap(part => [...tokenizer.encode(part, { add_special_tokens: false }).ids]);
  const bytesOf = (id: number): Uint8Array => pieces[id] ?? new Uint8Array(0);
  const stream = (): TextStream => {
    const decoder = new TextDecoder();
    return {
      push: ids => ids.map(id => decoder.decode(bytesOf(id), { stream: true })).join(''),
      end: () => decoder.decode(),
    };
  };
  return {
    specials,
    encode,
    encodeQuestion: text => [specials.question, ...encode(text), specials.answer],
    stream,
    decode: ids => {
      const open = stream();
      return open.push(ids) + open.end();
    },
    byteLength: ids => ids.reduce((sum, id) => sum + bytesOf(id).byteLength, 0),
  };
}

function parseTokenizer(text: string, file: string): Tokenizer {
  try {
    return new Tokenizer(JSON.parse(text), {});
  } catch (error) {
    throw new AiflowError('invalid-argument', `${file} is not a usable tokenizer: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The bytes of each id; none for special tokens and unused ids. */
function tokenBytes(
  tokenizer: Tokenizer,
  { vocabulary, file }: { readonly vocabulary: number; readonly file: string },
): readonly Uint8Array[] {
  const special = tokenizer.get_added_tokens_decoder();
  return Array.from({ length: vocabulary }, (_, id) => {
    const token: string = special.has(id) ? '' : (tokenizer.id_to_token(id) ?? '');
    const bytes = Array.from(token, character => {
      const byte = BYTE_OF_CHARACTER.get(character);
      if (byte !== undefined) return byte;
      throw new AiflowError('invalid-argument', `${file}: token ${id} is not byte-level: it holds ${character}`);
    });
    return Uint8Array.from(bytes);
  });
}

/** Cuts after the first character of each special token's text, so that none is left whole. */
function splitMarkers(text: string, markers: readonly string[]): readonly string[] {
  const cuts = new Set<number>();
  for (const marker of markers) {
    for (let at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, at + 1)) cuts.add(at + 1);
  }
  const bounds = [0, ...[...cuts].sort((left, right) => left - right), text.length];
  return bounds.slice(1).map((end, index) => text.slice(bounds[index], end));
}
