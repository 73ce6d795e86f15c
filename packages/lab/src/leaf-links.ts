// SPDX-License-Identifier: Apache-2.0
import { get } from 'node:http';

/** A leaf connection of a server, dialled or accepted. */
export interface LeafConnection {
  readonly account: string;
  /** The port at the far end: for a dialled one, the port that was dialled. */
  readonly port: number;
}

const LIMIT_MS = 2000;

/** Asks a server's monitoring port for its leaf connections; undefined when it doesn't answer within 2 s. */
export function readLeafConnections(monitorUrl: string): Promise<readonly LeafConnection[] | undefined> {
  return new Promise(resolve => {
    const request = get(`${monitorUrl}/leafz`, { agent: false, timeout: LIMIT_MS }, response => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve(parseLeafs(text)));
      response.on('error', () => resolve(undefined));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
  });
}

function parseLeafs(text: string): readonly LeafConnection[] | undefined {
  try {
    const { leafs = [] } = JSON.parse(text) as { leafs?: readonly { account?: string; port?: number }[] };
    return leafs.map(({ account = '', port = 0 }) => ({ account, port }));
  } catch {
    return undefined; // cut off in the middle: as good as no answer
  }
}
