// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { AiflowError } from '@aiflow/protocol';
import { credsAuthenticator, type NodeConnectionOptions, nkeyAuthenticator } from '@nats-io/transport-node';

/** A broker and how to prove to it who we are. */
export interface BrokerEndpoint {
  /** One server, or several of one cluster: `nats://host:port` or `tls://host:port`, with `user:password@` if need be. */
  readonly urls: string | readonly string[];
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** A file with an nkey seed (`SU...`). */
  readonly nkeySeedFile?: string;
  /** A file with a user JWT and its seed. */
  readonly credentialsFile?: string;
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  /** Lets a plaintext connection without credentials leave this machine. Default false. */
  readonly insecure?: boolean;
}

/** The URLs of an endpoint as a list, without the credentials in them: fit to be shown. */
export function endpointUrls(endpoint: BrokerEndpoint): readonly string[] {
  return parsedUrls(endpoint).map(({ protocol, host }) => `${protocol}//${host}`);
}

/** True when every URL of the endpoint stays on this machine. */
export function isLoopback(endpoint: BrokerEndpoint): boolean {
  return parsedUrls(endpoint).every(url => LOOPBACK.test(url.hostname));
}

/**
 * Throws `invalid-argument` for an endpoint without a URL or with a malformed one, and `failed-precondition` for one that would
 * leave this machine in plaintext and anonymously.
 */
export function checkEndpoint(endpoint: BrokerEndpoint): void {
  if (endpointUrls(endpoint).length === 0) throw new AiflowError('invalid-argument', 'broker endpoint has no url');
  if (isLoopback(endpoint) || endpoint.insecure === true || hasCredentials(endpoint) || usesTls(endpoint)) return;
  throw new AiflowError(
    'failed-precondition',
    `broker ${endpointUrls(endpoint).join(', ')} is not on this machine and the connection has neither credentials nor TLS: ` +
      'configure one of them, or set insecure: true if the network itself is trusted',
  );
}

/** The NATS client's own options for the endpoint. Throws `failed-precondition` for an unreadable file. */
export function credentialOptions(endpoint: BrokerEndpoint): NodeConnectionOptions {
  const options: NodeConnectionOptions = { servers: [...endpointUrls(endpoint)] };
  const { user, password } = userOf(endpoint);
  if (user !== undefined) options.user = user;
  if (password !== undefined) options.pass = password;
  if (endpoint.token !== undefined) options.token = endpoint.token;
  if (endpoint.nkeySeedFile !== undefined) {
    options.authenticator = nkeyAuthenticator(Buffer.from(readSecret('nkey seed', endpoint.nkeySeedFile).trim()));
  }
  if (endpoint.credentialsFile !== undefined) {
    options.authenticator = credsAuthenticator(Buffer.from(readSecret('credentials', endpoint.credentialsFile)));
  }
  if (endpoint.tls !== undefined) options.tls = { ...endpoint.tls };
  return options;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/;

function parsedUrls({ urls }: BrokerEndpoint): readonly URL[] {
  return (typeof urls === 'string' ? [urls] : urls).map(parseUrl);
}

/** The URL stays out of the message: it may hold a password. */
function parseUrl(url: string): URL {
  const text = url.includes('://') ? url : `nats://${url}`;
  if (URL.canParse(text)) return new URL(text);
  throw new AiflowError('invalid-argument', 'a broker url is malformed: write nats://host:port');
}

/** The user of the options, or the one in the first URL that names one. */
function userOf(endpoint: BrokerEndpoint): { readonly user?: string; readonly password?: string } {
  const { user, password } = endpoint;
  if (user !== undefined) return password === undefined ? { user } : { user, password };
  const named = parsedUrls(endpoint).find(url => url.username !== '');
  if (named === undefined) return {};
  return { user: decodeURIComponent(named.username), password: decodeURIComponent(named.password) };
}

function hasCredentials(endpoint: BrokerEndpoint): boolean {
  return [userOf(endpoint).user, endpoint.token, endpoint.nkeySeedFile, endpoint.credentialsFile].some(
    value => value !== undefined,
  );
}

function usesTls(endpoint: BrokerEndpoint): boolean {
  return endpoint.tls !== undefined || parsedUrls(endpoint).every(url => url.protocol === 'tls:');
}

function readSecret(what: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AiflowError('failed-precondition', `${what} file ${path} can't be read: check the path and its owner`, {
      cause,
    });
  }
}
