// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { Tokenizer } from '@huggingface/tokenizers';
import { BYTE_OF_CHARACTER } from './byte-alphabet.js';
/**
 * Loads the family's tokenizer, its hash checked.
 *
 * @throws AiflowError `not-found` or `data-loss` as {@link FamilyFolder.read}, `invalid-argument` for an unusable file.
 */
export async function openTokenizer({ manifest, read }) {
  const { file, specials } = manifest.tokenizer;
  const bytes = await read(manifest.tokenizer);
  const tokenizer = parseTokenizer(new TextDecoder().decode(bytes), file);
  const pieces = tokenBytes(tokenizer, { vocabulary: manifest.dimensions.vocabulary, file });
  const markers = [...tokenizer.get_added_tokens_decoder().values()].map(token => token.content);
  const encode = text =>
    splitMarkers(text, markers).flatMap(part => [...tokenizer.encode(part, { add_special_tokens: false }).ids]);
  const bytesOf = id => pieces[id] ?? new Uint8Array(0);
  const stream = () => {
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
function parseTokenizer(text, file) {
  try {
    return new Tokenizer(JSON.parse(text), {});
  } catch (error) {
    throw new AiflowError('invalid-argument', `${file} is not a usable tokenizer: ${error.message}`, {
      cause: error,
    });
  }
}
/** The bytes of each id; none for special tokens and unused ids. */
function tokenBytes(tokenizer, { vocabulary, file }) {
  const special = tokenizer.get_added_tokens_decoder();
  return Array.from({ length: vocabulary }, (_, id) => {
    const token = special.has(id) ? '' : (tokenizer.id_to_token(id) ?? '');
    const bytes = Array.from(token, character => {
      const byte = BYTE_OF_CHARACTER.get(character);
      if (byte !== undefined) return byte;
      throw new AiflowError('invalid-argument', `${file}: token ${id} is not byte-level: it holds ${character}`);
    });
    return Uint8Array.from(bytes);
  });
}
/** Cuts after the first character of each special token's text, so that none is left whole. */
function splitMarkers(text, markers) {
  const cuts = new Set();
  for (const marker of markers) {
    for (let at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, at + 1)) cuts.add(at + 1);
  }
  const bounds = [0, ...[...cuts].sort((left, right) => left - right), text.length];
  return bounds.slice(1).map((end, index) => text.slice(bounds[index], end));
}
//# sourceMappingURL=tokenizer.js.map
