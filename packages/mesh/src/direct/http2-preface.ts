// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { Clock } from '@aiflow/time';

/** What every HTTP/2 connection begins with. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const LIMIT_MS = 5_000;

/** Resolves to whether `socket` begins as HTTP/2 does, within 5 s; what was read of it is put back. Never rejects. */
export function beginsAsHttp2(socket: Socket, clock: Clock): Promise<boolean> {
  return new Promise(resolve => {
    const settle = (result: boolean): void => {
      timer.cancel();
      socket.off('readable', look);
      for (const event of ENDINGS) socket.off(event, giveUp);
      resolve(result);
    };
    const giveUp = (): void => settle(false);
    const look = (): void => {
      const bytes = socket.read(PREFACE.byteLength) as Buffer | null;
      if (bytes === null) return;
      socket.unshift(bytes);
      settle(bytes.equals(PREFACE));
    };
    const timer = clock.setTimer(LIMIT_MS, giveUp);
    for (const event of ENDINGS) socket.on(event, giveUp);
    socket.on('readable', look);
  });
}

const ENDINGS = ['end', 'error', 'close'] as const;
