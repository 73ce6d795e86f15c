// SPDX-License-Identifier: Apache-2.0
//
// One side of one contender: `node contender-process.js NAME responder|requester URL FOLDER`, driven over the
// process's channel. It ends when the channel closes.
import { performance } from 'node:perf_hooks';
import { serveCommands } from '../harness/driven-process.ts';
import type { ContenderCommand, ContenderResults } from './contender-messages.ts';
import type { Ask, Requester } from './contenders/contender.ts';
import { loadContender } from './contenders/load-contender.ts';
import { measureLatency, measureThroughput } from './drive-load.ts';

const [name = '', role = '', url = '', folder = ''] = process.argv.slice(2);
const contender = await loadContender(name);
const requester: Requester | undefined = role === 'requester' ? await contender.request({ url, folder }) : undefined;
if (requester === undefined) await contender.respond({ url, folder });

const asks = new Map<number, Ask>();
serveCommands(execute);

async function execute(command: ContenderCommand): Promise<ContenderResults[keyof ContenderResults]> {
  switch (command.kind) {
    case 'latency':
      return measureLatency(askOf(command.bytes), command);
    case 'throughput':
      return measureThroughput(askOf(command.bytes), command);
    case 'stream':
      return measureStream(command.bytes, command.items);
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      return { cpuMs: (user + system) / 1000 };
    }
  }
}

/** Requests are prepared once a size, so that making the payload is not part of what is measured. */
function askOf(bytes: number): Ask {
  const ask = asks.get(bytes) ?? requester?.prepareAsk(bytes);
  if (ask === undefined) throw new Error(`${name} ${role} can't ask`);
  asks.set(bytes, ask);
  return ask;
}

async function measureStream(bytes: number, items: number): Promise<ContenderResults['stream']> {
  if (requester?.readStream === undefined) throw new Error(`${name} ${role} can't stream`);
  const beganMs = performance.now();
  const received = await requester.readStream(bytes, items);
  if (received !== bytes * items) throw new Error(`a stream of ${bytes * items} bytes brought ${received}`);
  return { perItemUs: ((performance.now() - beganMs) * 1000) / items };
}
