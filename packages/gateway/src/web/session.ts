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
  /** From where it was begun, and what the browser calls itself. */
  readonly clientIp: string | null;
  readonly userAgent: string | null;
}

/** Names a session to those who may end it; what the cookie holds cannot be had from it. */
export const idOf = ({ hash }: Pick<Session, "hash">): string => hash.slice(0, SESSION_ID_LENGTH);
export const SESSION_ID_LENGTH = 32;
/** What browsers call themselves is kept so far. */
export const USER_AGENT_MAX = 300;

const MINUTE = 60_000_000n;

/** Microseconds. */
export const SESSION_TIMES = {
  idle: 12n * 60n * MINUTE,
  longest: 7n * 24n * 60n * MINUTE,
  /** Its use is written down when so much has passed since it was last. */
  noted: 5n * MINUTE,
  /** Clocks of nodes differ less. */
  ahead: 60n * MINUTE,
} as const;

/** Begun while a clock was ahead: as long as that was, it would go on too long. */
export const isBegunAhead = ({ createdAt }: Pick<Session, "createdAt">, now: Micros): boolean =>
  createdAt > now + SESSION_TIMES.ahead;

/** When it was used last, to five minutes; null where its end, a week after its beginning, does not say. */
export function usedAt({ createdAt, endsAt }: Pick<Session, "createdAt" | "endsAt">): Micros | null {
  return endsAt === createdAt + SESSION_TIMES.longest ? null : endsAt - SESSION_TIMES.idle;
}

/** When a session that is used now will end. */
export function endOf({ createdAt }: Pick<Session, "createdAt">, now: Micros): Micros {
  const [idle, longest] = [now + SESSION_TIMES.idle, createdAt + SESSION_TIMES.longest];
  return idle < longest ? idle : longest;
}
