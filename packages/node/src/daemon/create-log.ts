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
 * JSON lines on standard error. Fields called `traceId` and `spanId` are written as `trace_id` and `span_id`,
 * so that log and trace can be joined. Payloads and secrets are never given to it.
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
  return (message, fields = {}) => {
    const { traceId, spanId, ...rest } = fields;
    const trace =
      traceId === undefined ? {} : { trace_id: traceId, ...(spanId === undefined ? {} : { span_id: spanId }) };
    target[level]({ ...rest, ...trace }, message);
  };
}
