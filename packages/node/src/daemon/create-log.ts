// SPDX-License-Identifier: Apache-2.0
import type { LogFields, Logger } from '@aiflow/actor';
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

/** What every line of a node's log carries. */
export interface LogIdentity {
  readonly fleet: string;
  readonly node: string;
  readonly tier: string;
}

/**
 * JSON lines on standard error. Trace ids are written as `trace_id` and `span_id`, so that log and trace can be joined.
 * Payloads and secrets are never given to it.
 */
export function createLog(
  identity: LogIdentity,
  options: { readonly level: string; readonly destination?: DestinationStream },
): Logger {
  const target = pino(
    {
      level: options.level,
      base: identity,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: ['password', 'token', 'seed'],
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
  return {
    debug: write(target, 'debug'),
    info: write(target, 'info'),
    warn: write(target, 'warn'),
    error: write(target, 'error'),
  };
}

type Level = 'debug' | 'info' | 'warn' | 'error';

function write(target: PinoLogger, level: Level): (message: string, fields?: LogFields) => void {
  return (message, fields = {}) => target[level](renamed(fields), message);
}

/** Trace ids get the names that log collectors know; what is said of another node must not hide which node says it. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  traceId: 'trace_id',
  spanId: 'span_id',
  node: 'peer',
  tier: 'peerTier',
  fleet: 'peerFleet',
};

function renamed(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [FIELD_NAMES[name] ?? name, value]));
}
