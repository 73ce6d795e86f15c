// SPDX-License-Identifier: Apache-2.0
/** Keeps at most `maxBytes` of idle buffers; more are left to the garbage collector. */
export function createBufferPool({ maxBytes }) {
  const idle = new Map();
  let bytes = 0;
  return {
    take: length => {
      const found = idle.get(length)?.pop();
      if (found === undefined) return new Float32Array(length);
      bytes -= found.byteLength;
      return found;
    },
    give: buffer => {
      if (buffer.length === 0 || bytes + buffer.byteLength > maxBytes) return;
      bytes += buffer.byteLength;
      const same = idle.get(buffer.length);
      if (same === undefined) idle.set(buffer.length, [buffer]);
      else same.push(buffer);
    },
  };
}
//# sourceMappingURL=buffer-pool.js.map
