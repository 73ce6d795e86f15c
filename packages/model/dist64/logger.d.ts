/** Values beside a log line: never payloads, never secrets. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;
/** Where the engine and its host say what an operator may want to know. The actor package's logger fits. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
//# sourceMappingURL=logger.d.ts.map
