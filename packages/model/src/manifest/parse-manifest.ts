// SPDX-License-Identifier: Apache-2.0
import { checkManifest } from './check-manifest.ts';
import { type JsonFields, parseJsonFields } from './json-fields.ts';
import type {
  BlobEntry,
  ConfidenceEntry,
  Dimensions,
  ExitEntry,
  FamilyManifest,
  FeatureSpaceEntry,
  RungEntry,
  SegmentContent,
  SegmentEntry,
  SpecialTokens,
} from './manifest.ts';

const NAME = /^[a-z0-9][a-z0-9.-]{0,63}$/;
const FILE = /^(?!\.)[A-Za-z0-9._-]{1,128}$/;
const SHA256 = /^[0-9a-f]{64}$/;
const MAX_LIST = 1024;
const MAX_RUNGS = 16;
const MAX_BLOB_BYTES = 2 ** 31;

/**
 * Reads a manifest. `file` names it in errors.
 *
 * @throws AiflowError `invalid-argument` with file, path, value and what was expected; also when parts contradict
 * each other, such as a feature-space id that its segments do not hash to.
 */
export function parseManifest(text: string, file: string): FamilyManifest {
  const root = parseJsonFields(text, file);
  root.integer('formatVersion', 2, 2);
  const manifest: FamilyManifest = {
    formatVersion: 2,
    family: root.text('family', NAME),
    version: root.text('version', NAME),
    licence: root.text('licence'),
    dimensions: readDimensions(root.object('dimensions')),
    tokenizer: readTokenizer(root.object('tokenizer')),
    segments: root.objects('segments', MAX_LIST).map(readSegment),
    exits: root.objects('exits', MAX_LIST).map(readExit),
    featureSpaces: root.objects('featureSpaces', MAX_LIST).map(readFeatureSpace),
    inDomain: root.has('inDomain') ? readInDomain(root.object('inDomain')) : undefined,
    naturalText: root.raw('naturalText'),
  };
  checkManifest(manifest, file);
  return manifest;
}

function readDimensions(fields: JsonFields): Dimensions {
  const size = (name: string): number => fields.integer(name, 1, 1_000_000);
  fields.text('ropeStyle', /^half$/);
  return {
    layers: fields.integer('layers', 1, MAX_LIST),
    hidden: size('hidden'),
    heads: size('heads'),
    kvHeads: size('kvHeads'),
    headSize: size('headSize'),
    feedForward: size('feedForward'),
    vocabulary: size('vocabulary'),
    context: size('context'),
    ropeTheta: fields.positive('ropeTheta'),
    ropeStyle: 'half',
    normEpsilon: fields.positive('normEpsilon'),
  };
}

function readBlob(fields: JsonFields): BlobEntry {
  return {
    file: fields.text('file', FILE),
    sha256: fields.text('sha256', SHA256),
    bytes: fields.integer('bytes', 1, MAX_BLOB_BYTES),
  };
}

function readTokenizer(fields: JsonFields): BlobEntry & { readonly specials: SpecialTokens } {
  const specials = fields.object('specials');
  const id = (name: string): number => specials.integer(name, 0, 1_000_000);
  return {
    ...readBlob(fields),
    specials: { question: id('question'), answer: id('answer'), end: id('end'), pad: id('pad') },
  };
}

function readSegment(fields: JsonFields): SegmentEntry {
  return { id: fields.text('id', NAME), ...readBlob(fields), holds: readContent(fields.object('holds')) };
}

function readContent(fields: JsonFields): SegmentContent {
  const kind = fields.text('kind', /^(embedding|trunk|exit)$/);
  if (kind === 'embedding') return { kind };
  if (kind === 'exit') {
    return { kind, depth: fields.integer('depth', 1, MAX_LIST), rung: fields.integer('rung', 1, MAX_RUNGS) };
  }
  const from = fields.integer('from', 0, MAX_LIST);
  return { kind: 'trunk', from, to: fields.integer('to', from + 1, MAX_LIST) };
}

function readExit(fields: JsonFields): ExitEntry {
  return {
    depth: fields.integer('depth', 1, MAX_LIST),
    rungs: fields.objects('rungs', MAX_RUNGS).map(readRung),
    confidence: fields.has('confidence') ? fields.objects('confidence', MAX_LIST).map(readConfidence) : [],
  };
}

function readRung(fields: JsonFields): RungEntry {
  return {
    rung: fields.integer('rung', 1, MAX_RUNGS),
    segments: fields.texts('segments', MAX_LIST),
    parameters: fields.integer('parameters', 1, Number.MAX_SAFE_INTEGER),
    bytes: fields.integer('bytes', 1, Number.MAX_SAFE_INTEGER),
    scores: fields.has('scores') ? fields.object('scores') && (fields.raw('scores') as Record<string, unknown>) : {},
    agreement: fields.has('agreement') ? fields.share('agreement') : undefined,
    tokensPerVerify: fields.has('tokensPerVerify') ? fields.positive('tokensPerVerify') : undefined,
  };
}

function readConfidence(fields: JsonFields): ConfidenceEntry {
  return { risk: fields.share('risk'), margin: fields.number('margin') };
}

function readFeatureSpace(fields: JsonFields): FeatureSpaceEntry {
  return { layer: fields.integer('layer', 0, MAX_LIST), id: fields.text('id', /^[0-9a-f]{16}$/) };
}

function readInDomain(fields: JsonFields): { readonly exit: number; readonly maxBitsPerByte: number } {
  return { exit: fields.integer('exit', 1, MAX_LIST), maxBitsPerByte: fields.positive('maxBitsPerByte') };
}
