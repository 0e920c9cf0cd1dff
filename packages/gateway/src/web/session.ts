import type { Micros } from "../runtime/index.ts";

/** Begun by a key that was shown once, and the same caller as that key. */
export interface Session {
  /** Of what the browser's cookie holds. */
  readonly hash: string;
  readonly keyHash: string;
  /** Whose key it is: `org:` and an id, or `admin`. */
  readonly scope: string;
  readonly createdAt: Micros;
  /** When it ends unless it is used before; never later than a week after it began. */
  readonly endsAt: Micros;
}

const MINUTE = 60_000_000n;

/** Microseconds. */
export const SESSION_TIMES = {
  idle: 12n * 60n * MINUTE,
  longest: 7n * 24n * 60n * MINUTE,
  /** Its use is written down when so much has passed since it was last. */
  noted: 5n * MINUTE,
} as const;

/** When a session that is used now will end. */
export function endOf({ createdAt }: Pick<Session, "createdAt">, now: Micros): Micros {
  const [idle, longest] = [now + SESSION_TIMES.idle, createdAt + SESSION_TIMES.longest];
  return idle < longest ? idle : longest;
}
