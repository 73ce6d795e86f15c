// SPDX-License-Identifier: Apache-2.0
//
// Subjects put the sender first, so that a broker's permissions decide who may speak for whom:
//
//   message      af.<fleet>.<fromSite>.<from>.<toSite>.<to>.<actor>            one envelope, on the control endpoint
//   bulk         af.<fleet>.<fromSite>.<from>.<toSite>.<to>.$bulk.<actor>      a chunk of one, on the bulk endpoint
//   undelivered  af.<fleet>.<site>.<node>.<site>.<node>.$undelivered.<token>   where the broker says "no responders"
//   event        af.<fleet>.<site>.<node>.all.<kind>                           to whom it may concern
//   hello        af.hello.<fleet>.<site>.<node>                                first contact
//
// S1  `parseSubject(formatX(x))` gives x back, and a subject that parses formats to itself.
// S2  A node is granted `af.<fleet>.<site>.<node>.>` and its hello, a leaf `af.<fleet>.<site>.>`; nothing else of ours
//     starts with another node's prefix. What a node listens to is its inbox `af.<fleet>.*.*.<site>.<node>.>` or less.
// S3  No name holds a dot, a wildcard or white space, so no name can widen a subject. `$` starts runtime tokens only:
//     no fleet, site or node has one. `hello` is no fleet and `all` no site.
import { AiflowError, isName } from '@aiflow/protocol';

/** A node and the site it is attached to. */
export interface NodePlace {
  readonly site: string;
  readonly node: string;
}

/** How a message is carried: whole on the control endpoint, or in chunks on the bulk endpoint. */
export type Lane = 'control' | 'bulk';

/** A subject taken apart. */
export type MeshSubject =
  | {
      readonly kind: 'message';
      readonly fleet: string;
      readonly from: NodePlace;
      readonly to: NodePlace;
      readonly actor: string;
      readonly lane: Lane;
    }
  | { readonly kind: 'event'; readonly fleet: string; readonly from: NodePlace; readonly event: string }
  | { readonly kind: 'undelivered'; readonly fleet: string; readonly from: NodePlace; readonly token: string }
  | { readonly kind: 'hello'; readonly fleet: string; readonly from: NodePlace };

const ROOT = 'af';
const HELLO = 'hello';
const ALL = 'all';
const UNDELIVERED = '$undelivered';
const BULK = '$bulk';
const TOKEN = /^[A-Za-z0-9_~-]{1,128}$/;
const MESSAGE_ID = /^[A-Za-z0-9_.-]{1,128}$/;

/** A message id as the last token of an `undelivered` subject; undefined for an id of other characters. */
export function tokenOfMessage(messageId: string): string | undefined {
  return MESSAGE_ID.test(messageId) ? messageId.replaceAll('.', '~') : undefined;
}

/** The inverse of {@link tokenOfMessage}. */
export function messageOfToken(token: string): string {
  return token.replaceAll('~', '.');
}

/** Returns `fleet`, or throws `invalid-argument` saying which names are allowed. */
export function parseFleetName(fleet: string): string {
  return parsePlainName('fleet', fleet, HELLO);
}

/** Returns `place`, or throws `invalid-argument` saying which names are allowed. */
export function parsePlace(place: NodePlace): NodePlace {
  parsePlainName('site', place.site, ALL);
  parsePlainName('node', place.node, '');
  return place;
}

/** Any {@link MeshSubject} as text. Throws `invalid-argument` on a name that is not allowed. */
export function formatSubject(subject: MeshSubject): string {
  const fleet = parseFleetName(subject.fleet);
  const { site, node } = parsePlace(subject.from);
  if (subject.kind === 'hello') return `${ROOT}.${HELLO}.${fleet}.${site}.${node}`;
  const sender = `${ROOT}.${fleet}.${site}.${node}`;
  switch (subject.kind) {
    case 'event':
      return `${sender}.${ALL}.${parsePlainName('event', subject.event, '')}`;
    case 'undelivered':
      return `${sender}.${site}.${node}.${UNDELIVERED}.${parseToken(subject.token)}`;
    case 'message': {
      const to = parsePlace(subject.to);
      const lane = subject.lane === 'control' ? '' : `${BULK}.`;
      return `${sender}.${to.site}.${to.node}.${lane}${parseActorName(subject.actor)}`;
    }
  }
}

/** The inverse of {@link formatSubject}; undefined for every text it does not make. */
export function parseSubject(subject: string): MeshSubject | undefined {
  const tokens = subject.split('.');
  if (tokens[0] !== ROOT) return undefined;
  if (tokens.length === 5) return parseHello(tokens);
  const [, fleet = '', site = '', node = '', fifth = '', sixth = ''] = tokens;
  if (!isPlainName(fleet, HELLO) || !isPlainName(site, ALL) || !isPlainName(node, '')) return undefined;
  const from = { site, node };
  if (tokens.length === 6) return fifth === ALL && isPlainName(sixth, '') ? eventOf(fleet, from, sixth) : undefined;
  if (!isPlainName(fifth, ALL) || !isPlainName(sixth, '')) return undefined;
  return parseAddressed({ fleet, from, to: { site: fifth, node: sixth } }, tokens.slice(6));
}

/** What a node subscribes to. With `sender`, only what that node sends. */
export interface InboxSubjects {
  readonly control: string;
  readonly bulk: string;
}

/** The inbox of `place`: from everybody, or from one admitted `sender` where a broker needs it spelt out. */
export function inboxSubjects(fleet: string, place: NodePlace, sender?: NodePlace): InboxSubjects {
  const { site, node } = parsePlace(place);
  const from = sender === undefined ? '*.*' : `${parsePlace(sender).site}.${sender.node}`;
  const inbox = `${ROOT}.${parseFleetName(fleet)}.${from}.${site}.${node}`;
  return { control: `${inbox}.*`, bulk: `${inbox}.${BULK}.*` };
}

/** One actor of the inbox, from everybody. */
export function actorInboxSubject(fleet: string, place: NodePlace, actor: string): string {
  const { site, node } = parsePlace(place);
  return `${ROOT}.${parseFleetName(fleet)}.*.*.${site}.${node}.${parseActorName(actor)}`;
}

/** The events of one node, of every node of a site, or of every node of the fleet. */
export function eventsSubject(fleet: string, from: { readonly site?: string; readonly node?: string } = {}): string {
  const site = from.site === undefined ? '*' : parsePlainName('site', from.site, ALL);
  const node = from.node === undefined ? '*' : parsePlainName('node', from.node, '');
  return `${ROOT}.${parseFleetName(fleet)}.${site}.${node}.${ALL}.>`;
}

/** First contacts of a site, or of the whole fleet. */
export function hellosSubject(fleet: string, site?: string): string {
  const from = site === undefined ? '>' : `${parsePlainName('site', site, ALL)}.*`;
  return `${ROOT}.${HELLO}.${parseFleetName(fleet)}.${from}`;
}

/** Where the broker's "no responders" for what `place` sent arrives. */
export function undeliveredSubject(fleet: string, place: NodePlace): string {
  const { site, node } = parsePlace(place);
  return `${ROOT}.${parseFleetName(fleet)}.${site}.${node}.${site}.${node}.${UNDELIVERED}.*`;
}

function parseHello(tokens: readonly string[]): MeshSubject | undefined {
  const [, hello, fleet = '', site = '', node = ''] = tokens;
  if (hello !== HELLO || !isPlainName(fleet, HELLO) || !isPlainName(site, ALL) || !isPlainName(node, '')) {
    return undefined;
  }
  return { kind: 'hello', fleet, from: { site, node } };
}

function eventOf(fleet: string, from: NodePlace, event: string): MeshSubject {
  return { kind: 'event', fleet, from, event };
}

function parseAddressed(
  route: { readonly fleet: string; readonly from: NodePlace; readonly to: NodePlace },
  tokens: readonly string[],
): MeshSubject | undefined {
  const [first = '', second = ''] = tokens;
  if (tokens.length === 1) {
    return isName(first) ? { kind: 'message', ...route, actor: first, lane: 'control' } : undefined;
  }
  if (tokens.length !== 2) return undefined;
  if (first === BULK && isName(second)) return { kind: 'message', ...route, actor: second, lane: 'bulk' };
  const { fleet, from, to } = route;
  const isOwn = from.site === to.site && from.node === to.node;
  if (first !== UNDELIVERED || !isOwn || !TOKEN.test(second)) return undefined;
  return { kind: 'undelivered', fleet, from, token: second };
}

function isPlainName(value: string, reserved: string): boolean {
  return isName(value) && !value.startsWith('$') && value !== reserved;
}

function parsePlainName(what: string, value: string, reserved: string): string {
  if (isPlainName(value, reserved)) return value;
  const shown = JSON.stringify(value.slice(0, 80));
  const why =
    value !== '' && value === reserved
      ? 'is reserved'
      : "is not allowed: use 1 to 63 of a-z, 0-9 and '-', such as 'edge-1'";
  throw new AiflowError('invalid-argument', `${what} name ${shown} ${why}`);
}

function parseActorName(value: string): string {
  if (isName(value)) return value;
  throw new AiflowError('invalid-argument', `actor name ${JSON.stringify(value.slice(0, 80))} is not allowed`);
}

function parseToken(value: string): string {
  if (TOKEN.test(value)) return value;
  throw new AiflowError(
    'invalid-argument',
    `${JSON.stringify(value.slice(0, 80))} is no subject token: use 1 to 128 of A-Z, a-z, 0-9, '_', '~' and '-'`,
  );
}
