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
  /** Failing one of these means: send no work, from this machine or from elsewhere. */
  readonly ready: readonly HealthCheck[];
  /** Failing one of these means: send no work from elsewhere. The node is ready all the same, and says that it is degraded. */
  readonly linked: readonly HealthCheck[];
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
}

/** A running health server. */
export interface HealthServer extends AsyncDisposable {
  readonly url: string;
}

const REQUEST_TIMEOUT_MS = 5000;

/**
 * Serves `/livez`, `/readyz`, `/meshz` (each with `?verbose`) and `/metrics`. `/readyz` is 200 where programs on this machine
 * are served, and marks with `[!]` what keeps others away; `/meshz` is 200 where others are served too. Port 0 takes a free one.
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
  const { live, ready, linked } = source;
  if (url.pathname === '/livez') return replyChecks(response, { required: live, wished: [] }, url);
  if (url.pathname === '/readyz') return replyChecks(response, { required: ready, wished: linked }, url);
  if (url.pathname === '/meshz') return replyChecks(response, { required: [...ready, ...linked], wished: [] }, url);
  if (url.pathname === '/metrics')
    return reply(response, 200, await source.metrics(), 'text/plain; version=0.0.4; charset=utf-8');
  reply(response, 404, 'not found: /livez, /readyz, /meshz and /metrics are here\n');
}

/** What decides, and what is only said. */
interface Checks {
  readonly required: readonly HealthCheck[];
  readonly wished: readonly HealthCheck[];
}

function replyChecks(response: ServerResponse, { required, wished }: Checks, url: URL): void {
  const results = [...resultsOf(required, '-'), ...resultsOf(wished, '!')];
  const shown = url.searchParams.has('verbose') ? results : results.filter(({ mark }) => mark !== '+');
  const verdict = verdictOf(results.map(({ mark }) => mark));
  const text = [...shown.map(({ line }) => line), verdict].join('\n');
  reply(response, verdict === 'not ok' ? 503 : 200, `${text}\n`);
}

interface CheckResult {
  readonly mark: string;
  readonly line: string;
}

function resultsOf(checks: readonly HealthCheck[], failureMark: string): readonly CheckResult[] {
  return checks.map(({ name, check }) => {
    const problem = check();
    if (problem === undefined) return { mark: '+', line: `[+] ${name}` };
    return { mark: failureMark, line: `[${failureMark}] ${name}: ${problem}` };
  });
}

function verdictOf(marks: readonly string[]): 'ok' | 'ok, degraded' | 'not ok' {
  if (marks.includes('-')) return 'not ok';
  return marks.includes('!') ? 'ok, degraded' : 'ok';
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
