// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { AiflowError } from '@aiflow/protocol';
import { credsAuthenticator, type NodeConnectionOptions, nkeyAuthenticator } from '@nats-io/transport-node';

/** A broker and how to prove to it who we are. */
export interface BrokerEndpoint {
  /** One server, or several of one cluster: `nats://host:port` or `tls://host:port`. */
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

/** The URLs of an endpoint as a list. */
export function endpointUrls(endpoint: BrokerEndpoint): readonly string[] {
  return typeof endpoint.urls === 'string' ? [endpoint.urls] : endpoint.urls;
}

/** True when every URL of the endpoint stays on this machine. */
export function isLoopback(endpoint: BrokerEndpoint): boolean {
  return endpointUrls(endpoint).every(url => LOOPBACK.test(hostOf(url)));
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
  if (endpoint.user !== undefined) options.user = endpoint.user;
  if (endpoint.password !== undefined) options.pass = endpoint.password;
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

function hostOf(url: string): string {
  try {
    return new URL(url.includes('://') ? url : `nats://${url}`).hostname;
  } catch (cause) {
    throw new AiflowError(
      'invalid-argument',
      `broker url ${JSON.stringify(url)} is malformed: write nats://host:port`,
      {
        cause,
      },
    );
  }
}

function hasCredentials(endpoint: BrokerEndpoint): boolean {
  return [endpoint.user, endpoint.token, endpoint.nkeySeedFile, endpoint.credentialsFile].some(
    value => value !== undefined,
  );
}

function usesTls(endpoint: BrokerEndpoint): boolean {
  return endpoint.tls !== undefined || endpointUrls(endpoint).every(url => url.startsWith('tls://'));
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
