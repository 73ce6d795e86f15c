// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { AiflowError } from '@aiflow/protocol';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { applyEnvironment } from './environment-overrides.ts';

/** One thing wrong with a file: where, what, and what to do. */
export interface ConfigProblem {
  readonly path: string;
  readonly line: number | undefined;
  readonly message: string;
}

/** Settings of {@link readConfig}. */
export interface ReadConfigOptions {
  /** Overrides of the form `AIFLOW__SECTION__KEY=value`. Default: none. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads and checks a YAML file. Throws `not-found` when it can't be read and `invalid-argument` listing every problem,
 * each with its path, line and hint.
 */
export async function readConfig<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  options: ReadConfigOptions = {},
): Promise<z.output<Schema>> {
  return parseConfig(await readText(file), schema, { ...options, file });
}

/** Whether the YAML file has that field at its top, however wrong the rest is. Throws `not-found` when it can't be read. */
export async function hasTopLevel(file: string, field: string): Promise<boolean> {
  return parseDocument(await readText(file)).has(field);
}

/** The same for text in memory; `file` is only named in errors. */
export function parseConfig<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  options: ReadConfigOptions & { readonly file: string },
): z.output<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw invalid(
      options.file,
      document.errors.map(error => ({ path: '', line: error.linePos?.[0].line, message: firstLine(error.message) })),
    );
  }
  const value = applyEnvironment(document.toJS() ?? {}, options.environment ?? {});
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(
    options.file,
    result.error.issues.map(issue => ({
      path: formatPath(issue.path),
      line: lineOf(document, issue.path, lines),
      message: issue.message,
    })),
  );
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AiflowError('not-found', `config file ${file} can't be read: ${reasonOf(cause)}`, { cause });
  }
}

/** Node's own message without the call and the path it ends with. */
function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/, [a-z]+(?: '.*')?$/, '');
}

function invalid(file: string, problems: readonly ConfigProblem[]): AiflowError {
  const list = problems.map(
    problem =>
      `  ${file}${problem.line === undefined ? '' : `:${problem.line}`}: ${problem.path || '(file)'}: ${problem.message}`,
  );
  return new AiflowError(
    'invalid-argument',
    `config is not valid, ${problems.length} problem(s):\n${list.join('\n')}`,
    {
      details: { file, problems: String(problems.length) },
    },
  );
}

function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

type YamlDocument = ReturnType<typeof parseDocument>;

/** The line of the deepest part of `path` that stands in the file. */
function lineOf(document: YamlDocument, path: readonly PropertyKey[], lines: LineCounter): number | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
