import type { Log } from "./log.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Told of each line that is written. */
export type Follower = (level: LogLevel, fields: object, message: string) => void;

/** A log whose lines somebody may follow. */
export class FollowedLog implements Log {
  /** The log that is followed: what is written here is not. */
  readonly unfollowed: Log;
  #follower: Follower | undefined;

  constructor(log: Log) {
    this.unfollowed = log;
  }

  /** From now on this one is told; undefined for nobody. */
  follow(follower: Follower | undefined): void {
    this.#follower = follower;
  }

  debug(fields: object, message: string): void {
    this.#write("debug", fields, message);
  }

  info(fields: object, message: string): void {
    this.#write("info", fields, message);
  }

  warn(fields: object, message: string): void {
    this.#write("warn", fields, message);
  }

  error(fields: object, message: string): void {
    this.#write("error", fields, message);
  }

  isLevelEnabled(level: LogLevel): boolean {
    return this.unfollowed.isLevelEnabled?.(level) ?? true;
  }

  #write(level: LogLevel, fields: object, message: string): void {
    this.unfollowed[level](fields, message);
    if (this.#follower && this.isLevelEnabled(level)) this.#follower(level, fields, message);
  }
}
