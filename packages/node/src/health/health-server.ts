// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AiflowError } from '@aiflow/protocol';

/** One thing that must hold before a node should be sent work, or be left running. */
export interface HealthCheck {
  readonly name: string;
  /** Returns undefined when all is well, else what is wrong. */
  readonly check: () => string | undefined;
}

/** What a health server shows. */
export interface HealthSource {
  /** Failing one of these means: restart me. */
  readonly live: readonly HealthCheck[];
  /** Failing one of these means: send no work. */
  readonly ready: readonly HealthCheck[];
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
}

/** A running health server. */
export interface HealthServer extends AsyncDisposable {
  readonly url: string;
}

const REQUEST_TIMEOUT_MS = 5000;

/**
 * Serves `/livez`, `/readyz` (both with `?verbose`) and `/metrics`. Port 0 takes a free one.
 * Throws `unavailable` naming address, cause and remedy when the port can't be had.
 */
export async function startHealthServer(
  source: HealthSource,
  options: { readonly host: string; readonly port: number },
): Promise<HealthServer> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    void answer(source, request, response).catch(() => fail(response));
  });
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    [Symbol.asyncDispose]: () => close(server),
  };
}

async function answer(source: HealthSource, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://node');
  if (request.method !== 'GET' && request.method !== 'HEAD') return reply(response, 405, 'only GET\n');
  if (url.pathname === '/livez') return replyChecks(response, source.live, url);
  if (url.pathname === '/readyz') return replyChecks(response, source.ready, url);
  if (url.pathname === '/metrics')
    return reply(response, 200, await source.metrics(), 'text/plain; version=0.0.4; charset=utf-8');
  reply(response, 404, 'not found: /livez, /readyz and /metrics are here\n');
}

function replyChecks(response: ServerResponse, checks: readonly HealthCheck[], url: URL): void {
  const results = checks.map(({ name, check }) => ({ name, problem: check() }));
  const failed = results.filter(result => result.problem !== undefined);
  const shown = url.searchParams.has('verbose') ? results : failed;
  const lines = shown.map(
    ({ name, problem }) =>
      `[${problem === undefined ? '+' : '-'}] ${name}${problem === undefined ? '' : `: ${problem}`}`,
  );
  reply(response, failed.length === 0 ? 200 : 503, `${[...lines, failed.length === 0 ? 'ok' : 'not ok'].join('\n')}\n`);
}

function reply(
  response: ServerResponse,
  status: number,
  body: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
}

function fail(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else reply(response, 500, 'internal error\n');
}

function listen(server: Server, options: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', cause => {
      const place = `${options.host}:${options.port}`;
      reject(
        new AiflowError(
          'unavailable',
          `health server can't listen on ${place}: ${cause.message}; choose another health.port or 0`,
          { cause },
        ),
      );
    });
    server.listen(options.port, options.host, resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
