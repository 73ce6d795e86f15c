// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';

const MAX_HEADER_BYTES = 1 << 20;
const MAX_TENSORS = 4096;
const ELEMENT_BYTES = { I8: 1, F32: 4 };
/**
 * Reads a safetensors file: eight bytes of header length, a JSON header, the data. Whatever it says is checked against
 * the bytes that are there before it is used.
 *
 * @throws AiflowError `data-loss` naming file, tensor and the values that disagree.
 */
export function readSafetensors(bytes, file) {
  const { header, dataOffset } = readHeader(bytes, file);
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  if (entries.length > MAX_TENSORS) throw damaged(file, `holds ${entries.length} tensors, limit ${MAX_TENSORS}`);
  const data = bytes.subarray(dataOffset);
  return new Map(entries.map(([name, entry]) => [name, readTensor({ file, name, entry, data })]));
}
/** Finds a tensor and checks type and shape. `data-loss` names both shapes. */
export function findTensor(tensors, name, expected) {
  const found = tensors.get(name);
  const wanted = `${expected.type} [${expected.shape.join(', ')}]`;
  if (found === undefined) throw new AiflowError('data-loss', `tensor ${name} is missing, expected ${wanted}`);
  const actual = `${found.type} [${found.shape.join(', ')}]`;
  if (actual !== wanted) throw new AiflowError('data-loss', `tensor ${name} is ${actual}, expected ${wanted}`);
  return found;
}
/** The values of an F32 tensor; copied where the file's layout does not align them. */
export function floatValues({ bytes }) {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Float32Array(aligned.buffer, aligned.byteOffset, bytes.byteLength / 4);
}
/** A vector of fp32 weights, all finite. `data-loss` names what is not. */
export function readVector(tensors, name, length) {
  const values = floatValues(findTensor(tensors, name, { type: 'F32', shape: [length] }));
  const wrong = values.findIndex(value => !Number.isFinite(value));
  if (wrong < 0) return values;
  throw new AiflowError('data-loss', `tensor ${name} holds ${values[wrong]} at ${wrong}, expected a finite number`);
}
/** The values of an I8 tensor, as a view. */
export function integerValues({ bytes }) {
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
function readHeader(bytes, file) {
  if (bytes.byteLength < 8) throw damaged(file, `has ${bytes.byteLength} bytes, expected at least 8`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  const room = Math.min(bytes.byteLength - 8, MAX_HEADER_BYTES);
  if (length > BigInt(room)) throw damaged(file, `states a header of ${length} bytes, limit ${room}`);
  const dataOffset = 8 + Number(length);
  try {
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, dataOffset)));
    if (typeof header === 'object' && header !== null) return { header: { ...header }, dataOffset };
  } catch (error) {
    throw damaged(file, `has a header that is not JSON: ${error.message}`);
  }
  throw damaged(file, 'has a header that is not an object');
}
function readTensor(source) {
  const { file, name, entry, data } = source;
  const { dtype, shape, data_offsets: offsets } = entry ?? {};
  if (dtype !== 'I8' && dtype !== 'F32')
    throw damaged(file, `tensor ${name} has type ${String(dtype)}, expected I8 or F32`);
  if (!isSizes(shape) || shape.length > 4) throw damaged(file, `tensor ${name} has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2) throw damaged(file, `tensor ${name} has no valid data_offsets`);
  const [start = 0, end = 0] = offsets;
  const size = shape.reduce((product, extent) => product * extent, ELEMENT_BYTES[dtype]);
  if (end - start !== size || end > data.byteLength) {
    throw damaged(file, `tensor ${name} lies at ${start} to ${end}, expected ${size} bytes within ${data.byteLength}`);
  }
  return { type: dtype, shape, bytes: data.subarray(start, end) };
}
function isSizes(value) {
  return Array.isArray(value) && value.every(item => Number.isSafeInteger(item) && item >= 0);
}
function damaged(file, problem) {
  return new AiflowError('data-loss', `${file} ${problem}`, { details: { file } });
}
//# sourceMappingURL=safetensors.js.map
