/** Reads the fields of one JSON object; every failure names the file, the path inside it, the value and what was expected. */
export interface JsonFields {
  text(name: string, pattern?: RegExp): string;
  integer(name: string, least: number, most: number): number;
  positive(name: string): number;
  /** From 0 to 1. */
  share(name: string): number;
  /** Not negative. */
  number(name: string): number;
  object(name: string): JsonFields;
  objects(name: string, most: number): readonly JsonFields[];
  texts(name: string, most: number): readonly string[];
  has(name: string): boolean;
  /** The value as it stands, for parts that aiflow carries but does not read. */
  raw(name: string): unknown;
  fail(name: string, expected: string): never;
}
/** Parses `text` into the fields of its root object. */
export declare function parseJsonFields(text: string, file: string): JsonFields;
//# sourceMappingURL=json-fields.d.ts.map
