// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';

/** One process of one start of a machine. A field that the system does not tell is empty. */
interface ProcessMark {
  readonly pid: number;
  /** Since the machine's start, in ticks of its kernel. */
  readonly started: string;
  readonly boot: string;
}

/** Of a process that ended and was not waited for yet. */
const ZOMBIE = 'Z';

/** This process, as a short text without slashes for other processes to judge. */
export async function describeProcess(): Promise<string> {
  return [process.pid, await startOf(process.pid), await bootId()].join(':');
}

/** Undefined for what is no such text. */
export function parseProcess(text: string): ProcessMark | undefined {
  const [, pid, started, boot] = /^([1-9]\d{0,9}):(\d*):(.*)$/.exec(text) ?? [];
  if (pid === undefined || started === undefined || boot === undefined) return undefined;
  return { pid: Number(pid), started, boot };
}

/** Whether no process of this machine is the one that `text` describes. */
export async function isGone(text: string): Promise<boolean> {
  const mark = parseProcess(text);
  if (mark === undefined || mark.boot !== (await bootId())) return true;
  return !isRunning(mark.pid) || mark.started !== (await startOf(mark.pid));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function bootId(): Promise<string> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    text => text.trim(),
    () => '',
  );
}

/** Field 22 of `/proc/PID/stat`; the name in field 2 may hold spaces and brackets. */
function startOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/stat`, 'utf8').then(
    text => {
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return fields[0] === ZOMBIE ? 'ended' : (fields[19] ?? '');
    },
    () => '',
  );
}
