/** The log of a node, as its parts see it. */

/** Where a node writes what it has to say; pino's loggers fit. */
export interface NodeLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
