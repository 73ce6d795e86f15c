// SPDX-License-Identifier: Apache-2.0

/** Values beside a log line: never payloads, never secrets. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where a library says what an operator may want to know. Libraries never print. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const ignore = (): void => undefined;

/** Says nothing: the default. */
export const SILENT_LOGGER: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
