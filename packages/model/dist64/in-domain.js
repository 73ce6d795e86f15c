/**
 * Bits per UTF-8 byte that the exit needs for the question: low for what the family was trained on. Compare it with
 * the manifest's `inDomain.maxBitsPerByte`. An empty question costs 0; what exceeds the context is not counted.
 */
export async function bitsPerByte({ engine, tokenizer }, { question, exit }, signal) {
  const ids = tokenizer.encode(question);
  const bytes = tokenizer.byteLength(ids);
  if (bytes === 0) return 0;
  return (await engine.measureBits({ exit, ids: [tokenizer.specials.question, ...ids] }, signal)) / bytes;
}
//# sourceMappingURL=in-domain.js.map
