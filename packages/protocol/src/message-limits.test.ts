// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { SAMPLES } from '../testdata/samples.ts';
import {
  draftPayload,
  featureChunkPayload,
  featurePayload,
  type PayloadType,
  probePayload,
  revisionPayload,
  signedAdvertPayload,
  verdictPayload,
} from './index.ts';

test.each<[string, PayloadType<never>, object, string]>([
  [
    'a negative token',
    draftPayload as PayloadType<never>,
    { tokens: [-1] },
    'draft.tokens must be a whole number from 0 to 4294967295, got -1',
  ],
  ['a fractional token', draftPayload as PayloadType<never>, { tokens: [1.5] }, 'got 1.5'],
  [
    'too many tokens',
    draftPayload as PayloadType<never>,
    { tokens: new Array(4097).fill(1) },
    'draft.tokens must be at most 4096, got "4097 entries"',
  ],
  [
    'confidences that do not pair up',
    draftPayload as PayloadType<never>,
    { confidences: [0.5] },
    '1 confidences for 2 tokens',
  ],
  [
    'a confidence above 1',
    draftPayload as PayloadType<never>,
    { confidences: [0.5, 1.5] },
    'a finite number from 0 to 1, got 1.5',
  ],
  [
    'a session id that is empty',
    draftPayload as PayloadType<never>,
    { session: '' },
    'draft.session must be 1 to 128 printable ASCII',
  ],
  [
    'an unknown tier',
    revisionPayload as PayloadType<never>,
    { tier: 'moon' },
    'revision.tier must be one of device, edge, cloud, got "moon"',
  ],
  [
    'a shape of no elements',
    featurePayload as PayloadType<never>,
    { shape: [3, 0] },
    'feature.shape [3, 0] has 0 elements',
  ],
  [
    'a shape beyond what a node holds',
    featurePayload as PayloadType<never>,
    { shape: [4294967295, 4294967295] },
    'give 1 to 8 dimensions',
  ],
  [
    'a signature that is not ed25519',
    signedAdvertPayload as PayloadType<never>,
    { signature: new Uint8Array(63) },
    'signature of 63 bytes',
  ],
  [
    'padding beyond the limit',
    probePayload as PayloadType<never>,
    { padding: new Uint8Array(65_537) },
    'at most 65536 bytes',
  ],
  ['text that is no base64', probePayload as PayloadType<never>, { padding: '***' }, 'bytes, or base64 text'],
  [
    'time that runs backwards',
    verdictPayload as PayloadType<never>,
    { computeMs: -1 },
    'verdict.computeMs must be a finite number of at least 0, got -1',
  ],
  [
    'a scale that is not a number',
    featureChunkPayload as PayloadType<never>,
    { scales: [0.5, Number.NaN] },
    'feature chunk.scales[1] must be a finite number of at least 0, got NaN',
  ],
  [
    'more scales than a chunk has rows',
    featureChunkPayload as PayloadType<never>,
    { scales: new Float32Array(65_537) },
    'feature chunk.scales has 65537 entries, at most 65536',
  ],
])('%s is refused where it is made and where it arrives', (_what, type, change, reason) => {
  const sample = SAMPLES.find(each => each.name === SAMPLE_OF[type.name])!;
  const value = { ...(sample.value as object), ...change };
  expect(() => type.encode(value as never)).toThrow(reason);
  expect(() => type.fromJson(value)).toThrow(reason);
});

const SAMPLE_OF: Readonly<Record<string, string>> = {
  'aiflow.decode.draft': 'draft',
  'aiflow.decode.verdict': 'verdict',
  'aiflow.answer.revision': 'revision',
  'aiflow.feature': 'feature',
  'aiflow.mesh.advert': 'signed-advert',
  'aiflow.link.probe': 'probe',
  'aiflow.relay.chunk': 'feature-chunk',
};
