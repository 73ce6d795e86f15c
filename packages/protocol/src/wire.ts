// SPDX-License-Identifier: Apache-2.0
export { createWireWriter, type WireWriter } from './wire-writer.ts';
