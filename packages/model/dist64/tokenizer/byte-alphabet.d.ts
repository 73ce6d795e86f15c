/**
 * The printable stand-in that byte-level BPE vocabularies use for each byte (GPT-2's table), turned round: character to
 * byte. Printable bytes stand for themselves, the others for the code points from 256 on.
 */
export declare const BYTE_OF_CHARACTER: ReadonlyMap<string, number>;
//# sourceMappingURL=byte-alphabet.d.ts.map
