// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from 'node:net';
import { type Clock, sleep } from '@aiflow/time';

/** What a nats-server says of itself before anything is asked. */
export interface BrokerGreeting {
  readonly version: string;
  readonly serverName: string;
}

const RETRY_MS = 15;
const MAX_GREETING_CHARS = 65_536;

/**
 * Connects to a loopback port until a nats-server greets there, and returns its greeting. Ends only by that or by
 * `signal`: the caller sets the limit.
 */
export async function awaitGreeting(clock: Clock, port: number, signal: AbortSignal): Promise<BrokerGreeting> {
  for (;;) {
    signal.throwIfAborted();
    const greeting = await readGreeting(port, signal);
    if (greeting !== undefined) return greeting;
    await sleep(clock, RETRY_MS, signal);
  }
}

function readGreeting(port: number, signal: AbortSignal): Promise<BrokerGreeting | undefined> {
  return new Promise(resolve => {
    const socket: Socket = connect({ host: '127.0.0.1', port });
    const abort = (): void => finish(undefined);
    let text = '';
    const finish = (greeting: BrokerGreeting | undefined): void => {
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(greeting);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      text += part;
      if (text.includes('\r\n')) finish(parseGreeting(text));
      else if (text.length > MAX_GREETING_CHARS) finish(undefined);
    });
    socket.on('error', () => finish(undefined));
    socket.on('close', () => finish(undefined));
  });
}

/** `INFO {…}` as the first line, or undefined when it is something else. */
function parseGreeting(text: string): BrokerGreeting | undefined {
  const match = /^INFO (\{.*\}) ?\r\n/.exec(text);
  if (match?.[1] === undefined) return undefined;
  try {
    const info = JSON.parse(match[1]) as { version?: unknown; server_name?: unknown };
    return { version: String(info.version ?? ''), serverName: String(info.server_name ?? '') };
  } catch {
    return undefined; // not a nats-server's greeting
  }
}
