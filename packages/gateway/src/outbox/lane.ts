/**
 * A queue to one receiver: its messages go out one after the other, in the order in which they were added. It is the unit that is
 * leased, and the one that waits when its receiver fails.
 */
export interface Lane {
  /** A UUID. */
  id: string;
  /** Who asked to be told: an organization, or a network. */
  owner: string;
  /** Who tells: an agent. */
  source: string;
  /** To whom the source belongs. */
  tenant: string;
  /** Where it goes: a host with its port. Receivers that hang are known by it. */
  receiver: string;
}

/** What is told. */
export interface Message {
  /** The same at each attempt. */
  id: string;
  body: string;
  /** How often it was tried before. */
  attempts: number;
}

/** What became of an attempt. */
export type Delivery =
  | { kind: "delivered"; note?: AttemptNote }
  /** The receiver wants nothing any more, or is nobody's: the lane goes, with all that waits in it. */
  | { kind: "gone"; note?: AttemptNote }
  /** Nothing was tried: it is too early. */
  | { kind: "postponed"; waitMs: number }
  | {
      kind: "failed";
      /** There was no answer at all: so it is for whatever else this owner has for this receiver. */
      isUnreachable: boolean;
      /** When the receiver wants the next attempt, in milliseconds. */
      retryAfterMs?: number | undefined;
      /** For the log. */
      why: string;
      note?: AttemptNote;
    };

/** What a store that keeps attempts keeps of one. */
export interface AttemptNote {
  /** When it began, milliseconds since the epoch. */
  at: number;
  ms: number;
  /** Of the receiver's answer; null for none. */
  status: number | null;
  /** How its answer began; null for none. */
  head: string | null;
  /** Null when it was delivered. */
  error: string | null;
}
