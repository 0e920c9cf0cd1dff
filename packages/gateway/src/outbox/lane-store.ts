import type { AttemptNote, Lane, Message } from "./lane.ts";

/** How much waits. */
export interface Amount {
  messages: number;
  bytes: number;
}

export interface StoredMessage extends Message {
  bytes: number;
}

/** A lane that was taken. */
export interface Taken<M extends StoredMessage = StoredMessage> {
  /** Attempts in a row that failed. */
  failures: number;
  /** Its next message, where it was read with it. */
  head?: M;
}

/**
 * Where lanes and their messages live, as whoever delivers them sees it. A room that keeps more of a message than its way out has tables of
 * its own and is its own store. All times are the database's, and are given to it as spans.
 */
export interface LaneStore<M extends StoredMessage = StoredMessage> {
  /** Lanes whose time has come, those that have waited longest first. */
  due(limit: number): Promise<Lane[]>;
  /**
   * Keeps lanes whose time has come for whoever `marker` names, so that it may take them later; for so long nobody else looks at them. A
   * store without it has them wait instead.
   */
  reserve?(ids: readonly string[], marker: string, ms: number): Promise<void>;
  /** Takes a lane whose time has come, or that `marker` has reserved; undefined when somebody else has it, or it waits. */
  take(id: string, lease: string, leaseMs: number, marker: string): Promise<Taken<M> | undefined>;
  /** Keeps what was taken for longer. Answers which of the leases are still there. */
  renew(leases: ReadonlyMap<string, string>, leaseMs: number): Promise<Set<string>>;
  /** The next message of a lane that is held; undefined when there is none, or the lane is no longer held. */
  head(id: string, lease: string): Promise<M | undefined>;
  /**
   * A message of a lane that is held was delivered. Answers `held` when the lane is to be looked at again, `lost` when it is no longer held
   * and the message will be delivered again, `empty` when the lane is gone with it.
   */
  delivered(id: string, lease: string, message: M, note: AttemptNote | undefined): Promise<"held" | "lost" | "empty">;
  /**
   * Gives back a lane that is held after an attempt that failed.
   *
   * @param givenUp the message is not tried again
   */
  failed(
    id: string,
    lease: string,
    message: M,
    after: { waitMs: number; givenUp: boolean; note: AttemptNote | undefined },
  ): Promise<void>;
  /** A lane that is held goes, with all that waits in it. */
  gone(id: string, lease: string, message: M, note: AttemptNote | undefined): Promise<void>;
  /** Gives back a lane that is held, to be taken again after `waitMs`; one in which nothing waits is gone. */
  release(id: string, lease: string, waitMs?: number): Promise<void>;
  /** Forgets what has waited for longer than this in a lane that is held. @returns how many */
  expire(id: string, lease: string, ageMs: number): Promise<bigint>;
  /** Lanes that cannot be served now wait for so long; those that somebody has taken meanwhile stay his. */
  postpone(waits: readonly { id: string; waitMs: number }[]): Promise<void>;
  /**
   * Lets lanes go on whose time lies further ahead than any wait is long: the database's clock was put back.
   * @param limit how many at most
   */
  recall(longestMs: number, limit: number): Promise<void>;
}

/** The same, as whoever counts what waits sees it. */
export interface StockStore {
  /** What waits for an owner, or of a source; counted no further than `enough` lanes. */
  amountOf(column: "owner" | "source", value: string, enough: number): Promise<Amount>;
  /** A page of all lanes in the order of some key, summed up. */
  amountAfter(after: string, limit: number): Promise<Amount & { last: string | undefined }>;
}
