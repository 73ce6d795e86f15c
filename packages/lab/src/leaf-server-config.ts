// SPDX-License-Identifier: Apache-2.0
import { quote } from './broker-config.ts';
import type { SubjectGrants } from './subject-grants.ts';

/**
 * The two accounts of every server. They share no connection: on one link, bulk data took a request from 43 ms to 2.8 s.
 * Each has leaf links and clients of its own.
 */
export const LANES = ['control', 'bulk'] as const;

/** One of {@link LANES}. */
export type Lane = (typeof LANES)[number];

/** How the account of a lane is called in a server's configuration. */
export function accountOf(lane: Lane): string {
  return lane.toUpperCase();
}

/** The user of a node on one lane: `device-1.control`. Behind TLS it is the DNS name in that user's certificate. */
export function userOf(node: string, lane: Lane): string {
  return `${node}.${lane}`;
}

/** Certificate files of one TLS endpoint, as paths that the server can read. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

/** Somebody who may connect on both lanes. */
export interface LeafServerUser {
  readonly node: string;
  readonly grants: SubjectGrants;
  /** Configuration text of the password: a quoted string, or `$NAME` for a variable. Without it: a certificate. */
  readonly password?: string;
}

/** One remote of a server, per lane. */
export interface LeafRemote {
  readonly url: string;
  readonly tls?: TlsFiles;
}

/** What a server of the tree has beside its listeners: who may connect, and where it dials. */
export interface LeafServerSpec {
  /** Nodes that connect as clients. */
  readonly clients: readonly LeafServerUser[];
  /** Servers one tier below that connect as leafs. */
  readonly leafs: readonly LeafServerUser[];
  /** Where leafs connect. `advertise` is what they are told to redial: without it they pass round a proxy or NAT. */
  readonly listen?: { readonly address: string; readonly advertise: string; readonly tls?: TlsFiles };
  /** Lets the account BULK have streams; the server's own JetStream settings stand elsewhere in its file. Default false. */
  readonly streams?: boolean;
  /** The server above, one remote a lane. */
  readonly uplink?: Readonly<Record<Lane, LeafRemote>>;
}

/** Accounts, users, permissions and leaf links of one server as nats-server configuration (2.9 or newer). */
export function renderLeafServer(spec: LeafServerSpec): string {
  return `${[...renderAccounts(spec), ...renderLeafnodes(spec)].join('\n')}\n`;
}

function renderAccounts(spec: LeafServerSpec): readonly string[] {
  const users = [
    ...spec.clients.map(user => ({ user, connection: 'STANDARD' }) as const),
    ...spec.leafs.map(user => ({ user, connection: 'LEAFNODE' }) as const),
  ];
  return [
    'accounts {',
    ...LANES.flatMap(lane => [
      `  ${accountOf(lane)} {`,
      ...(spec.streams === true && lane === 'bulk' ? ['    jetstream: enabled'] : []),
      '    users: [',
      ...users.flatMap(({ user, connection }) => renderUser(user, lane, connection)).map(line => `      ${line}`),
      '    ]',
      '  }',
    ]),
    '}',
  ];
}

/** A link's user has no password where certificates speak for it: no client may come in under its name. */
function renderUser(user: LeafServerUser, lane: Lane, connection: 'STANDARD' | 'LEAFNODE'): readonly string[] {
  return [
    '{',
    `  user: ${quote(userOf(user.node, lane))}`,
    ...(user.password === undefined ? [] : [`  password: ${user.password}`]),
    `  allowed_connection_types: [ ${quote(connection)} ]`,
    '  permissions {',
    ...renderAllow('publish', user.grants.publish),
    ...renderAllow('subscribe', user.grants.subscribe),
    '  }',
    '}',
  ];
}

function renderAllow(verb: 'publish' | 'subscribe', subjects: readonly string[]): readonly string[] {
  return [
    `    ${verb} {`,
    '      allow: [',
    ...subjects.map(subject => `        ${quote(subject)}`),
    '      ]',
    '    }',
  ];
}

function renderLeafnodes(spec: LeafServerSpec): readonly string[] {
  if (spec.listen === undefined && spec.uplink === undefined) return [];
  return ['leafnodes {', ...renderListen(spec), ...renderUplink(spec), '}'];
}

function renderListen({ listen }: LeafServerSpec): readonly string[] {
  if (listen === undefined) return [];
  return [
    `  listen: ${quote(listen.address)}`,
    `  advertise: ${quote(listen.advertise)}`,
    ...(listen.tls === undefined ? [] : renderTls(listen.tls, ['verify_and_map: true', 'timeout: 3']).map(indent)),
  ];
}

function renderUplink({ uplink }: LeafServerSpec): readonly string[] {
  if (uplink === undefined) return [];
  return ['  remotes: [', ...LANES.flatMap(lane => renderRemote(uplink[lane], lane)), '  ]'];
}

function renderRemote(remote: LeafRemote, lane: Lane): readonly string[] {
  const lines = [`url: ${quote(remote.url)}`, `account: ${accountOf(lane)}`];
  const tls = remote.tls === undefined ? [] : renderTls(remote.tls, ['timeout: 3']);
  return ['    {', ...[...lines, ...tls].map(line => `      ${line}`), '    }'];
}

function renderTls(files: TlsFiles, settings: readonly string[]): readonly string[] {
  const paths = [
    `cert_file: ${quote(files.certificate)}`,
    `key_file: ${quote(files.key)}`,
    `ca_file: ${quote(files.authority)}`,
  ];
  return ['tls {', ...[...paths, ...settings].map(indent), '}'];
}

function indent(line: string): string {
  return `  ${line}`;
}
