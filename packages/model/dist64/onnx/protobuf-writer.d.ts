/** Appends fields to one message, tag and value together. */
export interface ProtobufWriter {
  integer(field: number, value: number): void;
  float(field: number, value: number): void;
  text(field: number, value: string): void;
  bytes(field: number, value: Uint8Array): void;
  message(field: number, write: (inner: ProtobufWriter) => void): void;
}
/** The encoding of the message that `write` fills. */
export declare function encodeProtobuf(write: (writer: ProtobufWriter) => void): Uint8Array;
//# sourceMappingURL=protobuf-writer.d.ts.map
