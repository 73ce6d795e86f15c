// SPDX-License-Identifier: Apache-2.0
//
// One of every message, with every field set to something other than its default. The golden files beside this file
// are made from them.
import {
  type Advert,
  AiflowError,
  answerFinishedPayload,
  type Chunk,
  closeSessionPayload,
  decodeAdvert,
  decodeChunk,
  decodeEnvelope,
  decodeFailure,
  draftPayload,
  type Envelope,
  encodeAdvert,
  encodeChunk,
  encodeEnvelope,
  encodeFailure,
  featureChunkPayload,
  featurePayload,
  finishAnswerPayload,
  openFeaturesPayload,
  openSessionPayload,
  outboxDeliveryPayload,
  outboxReceiptPayload,
  type PayloadType,
  probePayload,
  type Revision,
  revisionPayload,
  rollbackPayload,
  sessionOpenedPayload,
  signedAdvertPayload,
  stepFeaturesPayload,
  verdictPayload,
} from '../src/index.ts';

/** A message with its codec; `value` is what `decode(encode(value))` gives back. */
export interface Sample {
  readonly name: string;
  readonly value: unknown;
  readonly encode: () => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
}

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

export const SAMPLE_ENVELOPE: Envelope = {
  kind: 'ask',
  deliveryClass: 'control',
  messageId: 'k3v9-000001',
  correlationId: 'k3v9-000001',
  from: { node: 'device-1', actor: '$reply' },
  to: { node: 'edge-1', actor: 'verifier' },
  remainingMs: 4999,
  sentAtMs: 123456.789,
  bootId: 'boot-7f3a',
  payloadType: 'acme.reading',
  payloadEncoding: 'json',
  payload: bytes(123, 34, 120, 34, 58, 49, 125),
  trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'aiflow=1' },
  position: 7,
  latestKey: 'battery',
};

export const SAMPLE_ADVERT: Advert = {
  fleet: 'demo',
  site: 'north',
  node: 'edge-1',
  tier: 'edge',
  bootId: 'boot-7f3a',
  sequence: 4_294_967_296,
  publicKey: 'MCowBQYDK2VwAyEA',
  state: 'draining',
  actors: [{ name: 'verifier', capabilities: ['verify:nano:6'], mailboxDepth: 2 }],
  families: [
    {
      family: 'nano',
      tensorContract: 'sha256:ab12',
      exits: [3, 6],
      featureSpaces: [{ layer: 3, id: 'fs-3' }],
      verifyCurve: [{ format: 'fp32', tokens: 8, ms: 11.5 }],
      exitCosts: [
        { exit: 6, format: 'fp32', stepMs: 9.25, prefillTokenMs: 0.75, verify: [{ tokens: 8, ms: 11.5 }] },
        { exit: 3, format: 'fp32', stepMs: 4.5, verify: [] },
      ],
    },
  ],
  links: [{ peer: 'cloud-1', rttMs: 20.25, bytesPerSecond: 1.25e6, lossRatio: 0.01 }],
  loadRatio: 0.5,
  memoryBytes: 180_000_000,
  batteryRatio: 0.75,
  processId: 4711,
  softwareVersion: '0.1.0',
  bootWallMs: 1_767_225_600_000,
  watts: 12.5,
  activeSessions: 1.75,
};

export const SAMPLE_CHUNK: Chunk = { messageId: 'k3v9-000002', index: 1, count: 2, totalBytes: 5, bytes: bytes(4, 5) };

export const SAMPLE_FAILURE: AiflowError = new AiflowError('unavailable', 'no responders on edge-1/verifier', {
  details: { actor: 'verifier' },
  node: 'edge-1',
  hop: 'device-1 -> edge-1/verifier',
  retryAfterMs: 250,
});

const FAILURE_FIELDS = ['code', 'message', 'node', 'hop', 'details', 'retryAfterMs'] as const;

function failureFields(error: AiflowError): unknown {
  return Object.fromEntries(FAILURE_FIELDS.map(field => [field, error[field]]));
}

function payloadSample<T>(name: string, type: PayloadType<T>, value: T): Sample {
  return { name, value, encode: () => type.encode(value), decode: type.decode };
}

const SAMPLE_REVISION: Revision = {
  session: 's-1',
  sequence: 4,
  tier: 'cloud',
  exit: 12,
  modelHash: 'sha256:cd34',
  confidence: 0.75,
  ageMs: 12.5,
  committed: 3,
  text: 'drei Äpfel',
  committedBytes: 5,
  edgeBytes: 8,
  finished: true,
};

const DECODING: readonly Sample[] = [
  payloadSample('open-session', openSessionPayload, {
    session: 's-1',
    family: 'nano',
    featureSpace: 'fs-6',
    tensorContract: 'sha256:ab12',
    computeFormat: 'fp32',
    prompt: [1, 2, 300],
    answer: [9],
    exit: 6,
    epoch: 2,
    maxTokens: 64,
    sampling: { temperature: 0.8, topK: 40, topP: 0.95, seed: 42 },
  }),
  payloadSample('session-opened', sessionOpenedPayload, { session: 's-1', exit: 6, epoch: 2, cached: 4 }),
  payloadSample('draft', draftPayload, { session: 's-1', epoch: 2, base: 1, tokens: [5, 6], confidences: [0.5, 0.25] }),
  payloadSample('verdict', verdictPayload, {
    session: 's-1',
    epoch: 2,
    base: 1,
    accepted: 1,
    correction: 8,
    committed: 3,
    finished: true,
    nearTies: 1,
    computeMs: 11.5,
  }),
  payloadSample('rollback', rollbackPayload, { session: 's-1', epoch: 3, length: 2, tokens: [8] }),
  payloadSample('close-session', closeSessionPayload, { session: 's-1' }),
  payloadSample('revision', revisionPayload, SAMPLE_REVISION),
];

const TERMS = {
  session: 's-1',
  epoch: 2,
  family: 'nano',
  featureSpace: 'fs-5',
  tensorContract: 'sha256:ab12',
  computeFormat: 'fp32',
  wireFormat: 'int8',
  layer: 5,
  width: 384,
  includesCache: true,
  from: 3,
};

const OPENED = { ...TERMS, ownTokens: [7, 300], finished: true, positions: 5, reused: 2, computeMs: 11.5 };

const CHUNK_OF_ROWS = {
  position: 3,
  epoch: 2,
  checksum: 0xdead_beef,
  scales: [0.5, 0.25],
  payload: bytes(1, 2, 3, 4, 5, 6),
  canonical: 1,
  opened: OPENED,
};

const RELAY: readonly Sample[] = [
  payloadSample('open-features', openFeaturesPayload, {
    ...TERMS,
    prompt: [1, 2, 300],
    answer: [9],
    ownTokens: 2,
    ownExit: 5,
    keepsOwn: true,
    sampling: { temperature: 0.8, topK: 40, topP: 0.95, seed: 42 },
  }),
  {
    name: 'feature-chunk',
    value: CHUNK_OF_ROWS,
    encode: () => featureChunkPayload.encode(CHUNK_OF_ROWS),
    decode: input => {
      const chunk = featureChunkPayload.decode(input);
      return { ...chunk, scales: [...chunk.scales] };
    },
  },
  payloadSample('step-features', stepFeaturesPayload, { session: 's-1', epoch: 2, base: 1, tokens: [8, 300] }),
];

const OUTBOX: readonly Sample[] = [
  payloadSample('outbox-delivery', outboxDeliveryPayload, {
    source: 'journal-7f3a',
    priority: 1,
    sequence: 4_294_967_300,
    floor: 4_294_967_298,
    id: 'journal-7f3a.1',
    kind: 'answer.finish',
    payload: bytes(1, 2, 3),
    ageMs: 86_400_001,
    ageUncertain: true,
    timeToLiveMs: 172_800_000,
    traceParent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  }),
  payloadSample('outbox-receipt', outboxReceiptPayload, { outcome: 'refused', reason: 'no handler for acme.reading' }),
  payloadSample('finish-answer', finishAnswerPayload, {
    request: 'r-1',
    epoch: 2,
    replyTo: 'device-1',
    question: 'wie schwer ist ein Apfel?',
    family: 'nano',
    modelHash: 'sha256:cd34',
    exit: 11,
    maxTokens: 64,
    sampling: { temperature: 0.8, topK: 40, topP: 0.95, seed: 42 },
    draftExit: 3,
    drafted: [5, 300],
  }),
  payloadSample('answer-finished', answerFinishedPayload, {
    request: 'r-1',
    epoch: 2,
    revision: SAMPLE_REVISION,
    summary: { route: 'edge-1', tokens: 12 },
  }),
];

/** One of every message. */
export const SAMPLES: readonly Sample[] = [
  {
    name: 'envelope',
    value: SAMPLE_ENVELOPE,
    encode: () => encodeEnvelope(SAMPLE_ENVELOPE),
    decode: decodeEnvelope,
  },
  { name: 'advert', value: SAMPLE_ADVERT, encode: () => encodeAdvert(SAMPLE_ADVERT), decode: decodeAdvert },
  { name: 'chunk', value: SAMPLE_CHUNK, encode: () => encodeChunk(SAMPLE_CHUNK), decode: decodeChunk },
  {
    name: 'failure',
    value: failureFields(SAMPLE_FAILURE),
    encode: () => encodeFailure(SAMPLE_FAILURE),
    decode: input => failureFields(decodeFailure(input)),
  },
  payloadSample('signed-advert', signedAdvertPayload, {
    advert: bytes(8, 1),
    signature: new Uint8Array(64).fill(9),
    publicKey: 'MCowBQYDK2VwAyEA',
  }),
  payloadSample('probe', probePayload, { sequence: 3, sentAtMs: 99.5, echo: true, padding: bytes(0, 0, 0) }),
  payloadSample('feature', featurePayload, {
    family: 'nano',
    featureSpace: 'fs-6',
    layer: 6,
    computeFormat: 'fp32',
    wireFormat: 'int8',
    modality: 'text',
    position: 12,
    shape: [2, 3],
    codec: 'raw',
    codecParameters: { scale: '0.5' },
    contentHash: 'sha256:ef56',
    session: 's-1',
    epoch: 2,
    payload: bytes(1, 2, 3, 4, 5, 6),
  }),
  ...DECODING,
  ...RELAY,
  ...OUTBOX,
];
