// SPDX-License-Identifier: Apache-2.0
//
// What a node says of itself (proto/aiflow/v1/advert.proto).
//
// A1  A generation this build can't understand is refused before any other field is trusted.
// A2  The numbers in an advert are the sender's claims: bounded here, believed by nobody without a signature.
import { aiflow } from '#gen';
import { MEMBER_TIERS, type MemberTier } from './address.ts';
import { decodeVersionedWire } from './decode-wire.ts';
import { encodeWire } from './encode-wire.ts';
import { type FamilyReport, parseFamilyReport } from './family-report.ts';
import { type Fields, readFields, readStated } from './fields.ts';
import { checkGeneration, WIRE_GENERATION } from './generation.ts';

/** A link as one end measured it. Rates of 0 are not measured yet. */
export interface LinkReport {
  readonly peer: string;
  readonly rttMs: number;
  readonly bytesPerSecond: number;
  /** 0 to 1. */
  readonly lossRatio: number;
}

/** An actor that a node runs. */
export interface ActorReport {
  readonly name: string;
  readonly capabilities: readonly string[];
  readonly mailboxDepth: number;
}

const NODE_STATES = ['ready', 'draining', 'left'] as const;

/** Whether a node takes work, finishes what it has, or is gone. */
export type NodeState = (typeof NODE_STATES)[number];

/** What a node says of itself; see {@link SignedAdvert}. */
export interface Advert {
  readonly fleet: string;
  readonly site: string;
  readonly node: string;
  readonly tier: MemberTier;
  readonly bootId: string;
  /** Grows within a boot; an older advert is ignored. */
  readonly sequence: number;
  readonly publicKey: string;
  readonly state: NodeState;
  readonly actors: readonly ActorReport[];
  readonly families: readonly FamilyReport[];
  readonly links: readonly LinkReport[];
  /** Busy core-seconds per second and core: 0 to 1. */
  readonly loadRatio: number;
  /** Resident bytes. */
  readonly memoryBytes: number;
  /** 0 to 1; absent when the node has no battery. */
  readonly batteryRatio?: number;
  readonly processId: number;
  readonly softwareVersion: string;
  /** Wall clock at boot, to order two boots of one key. */
  readonly bootWallMs: number;
  /** What the node says it draws while it computes; absent where it says nothing. */
  readonly watts?: number;
  /** Sessions its model works for at the same time, on average of the last seconds; absent when there are none. */
  readonly activeSessions?: number;
}

/** Claims beyond these are not measurements, and would drown whatever is reckoned with them. */
const MOST_WATTS = 1_000_000;
const MOST_SESSIONS = 65_536;

/** The bytes that are signed. Throws `invalid-argument` for an advert that no receiver would accept. */
export function encodeAdvert(advert: Advert): Uint8Array {
  const { actors, families, links, batteryRatio, ...plain } = parseAdvert(advert);
  return encodeWire(aiflow.v1.Advert, {
    ...plain,
    generation: WIRE_GENERATION,
    actors: actors.map(actor => ({ ...actor, capabilities: [...actor.capabilities] })),
    families: families.map(family => ({
      ...family,
      exits: [...family.exits],
      featureSpaces: [...family.featureSpaces],
      verifyCurve: [...family.verifyCurve],
      exitCosts: family.exitCosts.map(cost => ({ ...cost, verify: [...cost.verify] })),
    })),
    links: [...links],
    batteryRatio: batteryRatio ?? -1,
  });
}

/** The inverse of {@link encodeAdvert}. Throws `invalid-argument` or, for another generation, `failed-precondition`. */
export function decodeAdvert(bytes: Uint8Array): Advert {
  const wire = decodeVersionedWire('advert', bytes, input => aiflow.v1.Advert.decode(input));
  checkGeneration(wire.generation, wire.node || 'an unnamed node');
  return parseAdvert(wire);
}

/** Checks an advert in its JSON form, as `aiflow nodes --json` shows it. Throws `invalid-argument`. */
export function parseAdvert(raw: unknown): Advert {
  const fields = readFields('advert', raw);
  return {
    fleet: fields.name('fleet'),
    site: fields.name('site'),
    node: fields.name('node'),
    tier: fields.oneOf('tier', MEMBER_TIERS),
    bootId: fields.label('bootId'),
    sequence: fields.uint('sequence', Number.MAX_SAFE_INTEGER),
    publicKey: fields.label('publicKey'),
    state: fields.oneOf('state', NODE_STATES),
    actors: fields.list('actors', 1024, parseActor),
    families: fields.list('families', 64, parseFamilyReport),
    links: fields.list('links', 4096, parseLink),
    ...vitals(fields),
  };
}

type Vitals = Pick<
  Advert,
  | 'loadRatio'
  | 'memoryBytes'
  | 'batteryRatio'
  | 'processId'
  | 'softwareVersion'
  | 'bootWallMs'
  | 'watts'
  | 'activeSessions'
>;

function vitals(fields: Fields): Vitals {
  const batteryRatio = fields.has('batteryRatio') ? fields.real('batteryRatio', -1, 1) : -1;
  return {
    loadRatio: fields.real('loadRatio', 0, 1),
    memoryBytes: fields.uint('memoryBytes', Number.MAX_SAFE_INTEGER),
    ...(batteryRatio < 0 ? {} : { batteryRatio }),
    processId: fields.uint('processId', Number.MAX_SAFE_INTEGER),
    softwareVersion: fields.text('softwareVersion', 64),
    bootWallMs: fields.real('bootWallMs', 0),
    ...readStated(fields, 'watts', MOST_WATTS),
    ...readStated(fields, 'activeSessions', MOST_SESSIONS),
  };
}

function parseActor(raw: unknown): ActorReport {
  const fields = readFields('advert.actors', raw);
  return {
    name: fields.name('name'),
    capabilities: fields.labels('capabilities', 64),
    mailboxDepth: fields.uint('mailboxDepth'),
  };
}

function parseLink(raw: unknown): LinkReport {
  const fields = readFields('advert.links', raw);
  return {
    peer: fields.name('peer'),
    rttMs: fields.real('rttMs', 0),
    bytesPerSecond: fields.real('bytesPerSecond', 0),
    lossRatio: fields.real('lossRatio', 0, 1),
  };
}
