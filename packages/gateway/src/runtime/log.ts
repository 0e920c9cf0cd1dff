/** The part of pino's logger that rooms use: fields first, then a message. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Whether lines of this level are written; where it is missing, all are. */
  isLevelEnabled?(level: "debug" | "info" | "warn" | "error"): boolean;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, isLevelEnabled: () => false };
