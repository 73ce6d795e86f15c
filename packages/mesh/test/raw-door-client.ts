// SPDX-License-Identifier: Apache-2.0
import { WIRE_GENERATION } from '@aiflow/protocol';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';

/** A program at a door that says whatever a test wants. */
export interface RawClient {
  readonly heard: Buffer[];
  /** What ended its call, once something has. */
  readonly ended: Promise<Pick<ServiceError, 'code' | 'details'>>;
  say(bytes: Uint8Array): Promise<void>;
  /** Reads nothing from now on. */
  stopReading(): void;
  leave(): void;
}

/** Who it says it is; empty fields are left out. */
export interface RawParty {
  readonly node: string;
  readonly bootId: string;
  readonly generation?: number;
}

/** Goes to the door at `socket`, let in or not. */
export async function enterRaw(socket: string, party: RawParty): Promise<RawClient> {
  const client = new Client(`unix:${socket}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_send_message_length': -1,
  });
  const metadata = new Metadata();
  metadata.set('aiflow-node', party.node);
  metadata.set('aiflow-boot', party.bootId);
  metadata.set('aiflow-generation', String(party.generation ?? WIRE_GENERATION));
  const keep = (bytes: Buffer): Buffer => bytes;
  const call = client.makeBidiStreamRequest('/aiflow.v1.Door/Enter', keep, keep, metadata, {});
  const heard: Buffer[] = [];
  call.on('data', (bytes: Buffer) => heard.push(bytes));
  const ended = new Promise<Pick<ServiceError, 'code' | 'details'>>(resolve => {
    call.on('error', (error: ServiceError) => resolve(error));
    call.on('end', () => resolve({ code: 0, details: '' }));
  });
  await new Promise<void>(resolve => {
    call.once('metadata', () => resolve());
    void ended.then(() => resolve());
  });
  return {
    ...{ heard, ended },
    say: bytes => new Promise(resolve => void call.write(Buffer.from(bytes), () => resolve())),
    stopReading: () => void call.pause(),
    leave: () => {
      call.cancel();
      client.close();
    },
  };
}
