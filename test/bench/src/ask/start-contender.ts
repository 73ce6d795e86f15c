// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { startDrivenProcess } from '../harness/driven-process.ts';
import type { ContenderCommand, ContenderResults } from './contender-messages.ts';
import type { MeetingPlace } from './contenders/contender.ts';
import type { ContenderName } from './contenders/load-contender.ts';

/** A contender's two processes. */
export interface RunningContender extends AsyncDisposable {
  request<Kind extends ContenderCommand['kind']>(
    command: Extract<ContenderCommand, { kind: Kind }>,
  ): Promise<ContenderResults[Kind]>;
  /** Processor time of both processes so far. */
  cpuMs(): Promise<number>;
}

/** Starts the responder, then the requester. Fails when one does not become ready. */
export async function startContender(name: ContenderName, { url, folder }: MeetingPlace): Promise<RunningContender> {
  const file = join(import.meta.dirname, 'contender-process.js');
  const start = (role: 'responder' | 'requester') =>
    startDrivenProcess<ContenderCommand>({ name: `${name} ${role}`, file, args: [name, role, url, folder] });
  const responder = await start('responder');
  const requester = await start('requester').catch(async (error: unknown) => {
    await responder[Symbol.asyncDispose]();
    throw error;
  });
  const sides = [requester, responder];
  return {
    request: <Kind extends ContenderCommand['kind']>(command: Extract<ContenderCommand, { kind: Kind }>) =>
      requester.request(command) as Promise<ContenderResults[Kind]>,
    cpuMs: async () => {
      const used = await Promise.all(
        sides.map(side => side.request({ kind: 'cpu' }) as Promise<ContenderResults['cpu']>),
      );
      return used.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all(sides.map(side => side[Symbol.asyncDispose]()))),
  };
}
