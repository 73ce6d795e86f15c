// SPDX-License-Identifier: Apache-2.0

/** The last lines a process wrote, bounded in lines and in characters a line. */
export interface LogTail {
  /** Takes text as it came from a pipe; calls `onLine` for each line that it completes. */
  push(text: string, onLine?: (line: string) => void): void;
  /** Ends the line that is still open, if there is one. */
  flush(onLine?: (line: string) => void): void;
  /** Oldest first. A line still open is not in it. */
  lines(): readonly string[];
}

/** Keeps `maxLines` lines (default 40); what exceeds `maxLineChars` of a line (default 2000) is cut and marked. */
export function createLogTail(options: { readonly maxLines?: number; readonly maxLineChars?: number } = {}): LogTail {
  const maxLines = options.maxLines ?? 40;
  const maxLineChars = options.maxLineChars ?? 2000;
  const kept: string[] = [];
  let open = '';
  let cut = false;

  const extend = (part: string): void => {
    const room = maxLineChars - open.length;
    if (part.length > room) cut = true;
    open += part.slice(0, Math.max(0, room));
  };
  const close = (onLine?: (line: string) => void): void => {
    const line = cut ? `${open} [cut]` : open;
    open = '';
    cut = false;
    kept.push(line);
    if (kept.length > maxLines) kept.shift();
    onLine?.(line);
  };

  return {
    push: (text, onLine) => {
      const parts = text.split('\n');
      for (const [index, part] of parts.entries()) {
        extend(part.endsWith('\r') ? part.slice(0, -1) : part);
        if (index < parts.length - 1) close(onLine);
      }
    },
    flush: onLine => {
      if (open !== '') close(onLine);
    },
    lines: () => [...kept],
  };
}
