// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { parse } from 'yaml';

const PREFIX = 'AIFLOW__';

/**
 * Overrides fields of a parsed file by environment variables: `AIFLOW__MESH__URL` sets `mesh.url`,
 * `AIFLOW__DRAIN_TIMEOUT_MS` sets `drainTimeoutMs`. Values are YAML, so numbers and booleans keep their type.
 * Throws `invalid-argument` when a variable runs through a value that has no fields.
 */
export function applyEnvironment(value: unknown, environment: Readonly<Record<string, string | undefined>>): unknown {
  const result: unknown = structuredClone(value);
  for (const [variable, text] of Object.entries(environment)) {
    if (variable.startsWith(PREFIX) && text !== undefined) setField(result, variable, text);
  }
  return result;
}

function setField(target: unknown, variable: string, text: string): void {
  const path = variable.slice(PREFIX.length).split('__').map(toCamelCase);
  let place = fieldsOf(target, variable);
  for (const part of path.slice(0, -1)) {
    place[part] ??= {};
    place = fieldsOf(place[part], variable);
  }
  const last = path.at(-1);
  if (last) place[last] = parse(text) as unknown;
}

function fieldsOf(value: unknown, variable: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new AiflowError('invalid-argument', `environment variable ${variable} points into a value that has no fields`);
}

function toCamelCase(part: string): string {
  return part.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
