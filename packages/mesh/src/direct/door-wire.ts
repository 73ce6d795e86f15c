// SPDX-License-Identifier: Apache-2.0
//
// What goes through a door (proto/aiflow/v1/direct.proto): one gRPC call for each client, both ways a stream of envelopes,
// and in the metadata who speaks.
//
// grpc-js takes 13 MB and a tenth of a second to load, which an idle device must not pay: it is loaded when the first
// program knocks.
import { AiflowError, checkGeneration, isName, WIRE_GENERATION } from '@aiflow/protocol';
import type { Metadata, MethodDefinition } from '@grpc/grpc-js';

/** The module of grpc-js. */
export type Grpc = typeof import('@grpc/grpc-js');

/** Loads grpc-js. */
export function loadGrpc(): Promise<Grpc> {
  return import('@grpc/grpc-js');
}

const keepBytes = (bytes: Buffer): Buffer => bytes;

/** The one method of the service: envelopes, which are encoded and decoded elsewhere, both ways. */
export const ENTER: MethodDefinition<Buffer, Buffer> = {
  path: '/aiflow.v1.Door/Enter',
  requestStream: true,
  responseStream: true,
  requestSerialize: keepBytes,
  requestDeserialize: keepBytes,
  responseSerialize: keepBytes,
  responseDeserialize: keepBytes,
};

/** What an envelope adds to its payload, at most. */
const ENVELOPE_OVERHEAD_BYTES = 64 * 1024;

/** The most bytes one message of the stream may have. */
export function maxMessageBytes(maxPayloadBytes: number): number {
  return maxPayloadBytes + ENVELOPE_OVERHEAD_BYTES;
}

/** One end of a call, as it names itself. */
export interface DoorParty {
  readonly node: string;
  readonly bootId: string;
}

/** The node behind a door, as it names itself. */
export interface DoorHost extends DoorParty {
  readonly fleet: string;
}

/** Writes who speaks into `metadata` and returns it. */
export function writeParty(metadata: Metadata, party: DoorParty | DoorHost): Metadata {
  metadata.set('aiflow-node', party.node);
  metadata.set('aiflow-boot', party.bootId);
  metadata.set('aiflow-generation', String(WIRE_GENERATION));
  if ('fleet' in party) metadata.set('aiflow-fleet', party.fleet);
  return metadata;
}

/** The inverse of {@link writeParty}. Throws `invalid-argument`, or `failed-precondition` for another generation. */
export function readParty(metadata: Metadata): DoorParty {
  const [node, bootId] = [textOf(metadata, 'aiflow-node'), textOf(metadata, 'aiflow-boot')];
  checkGeneration(Number(textOf(metadata, 'aiflow-generation')), isName(node) ? node : 'an unnamed program');
  if (!isName(node)) throw malformed('aiflow-node', node);
  if (!/^[\x21-\x7e]{1,128}$/.test(bootId)) throw malformed('aiflow-boot', bootId);
  return { node, bootId };
}

/** As {@link readParty}, of the node behind the door. */
export function readHost(metadata: Metadata): DoorHost {
  const fleet = textOf(metadata, 'aiflow-fleet');
  if (!isName(fleet)) throw malformed('aiflow-fleet', fleet);
  return { ...readParty(metadata), fleet };
}

function textOf(metadata: Metadata, key: string): string {
  return metadata.get(key).map(String).join(',');
}

function malformed(key: string, value: string): AiflowError {
  const shown = JSON.stringify(value.slice(0, 80));
  return new AiflowError(
    'invalid-argument',
    `metadata ${key} of a door's call is ${shown}, which is no name: see direct.proto`,
  );
}
