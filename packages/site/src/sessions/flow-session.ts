import type { SessionView } from "@agentgate/protocol/site";
import type { RecordStore } from "./record-store.ts";

/** A step that runs right now, or ran when its process died. */
export interface RunningStep {
  readonly step: string;
  /** Tells this run from a later one of the same step. */
  readonly token: string;
  /** Milliseconds since the epoch; after it the run counts as interrupted. */
  readonly lease_until: number;
  readonly idempotency_key?: string;
}

/** The reply of the last keyed step, kept so that a repeated request gets it again. */
export interface LastReply {
  readonly key: string;
  /** Digest of step and body. */
  readonly hash: string;
  /** Absent when it was too large to keep. */
  readonly body?: string;
}

/** Fields of a session that are on the wire as they are kept. */
type WireFields = Pick<
  SessionView,
  "session_id" | "flow_name" | "current_step" | "allowed_next_steps" | "history" | "data"
>;

/** A session as stores keep it: JSON values only. */
export interface FlowSession extends WireFields {
  /** Counts updates, for compare-and-set. */
  readonly version: number;
  /** Who started it; nobody else gets to see it. */
  readonly owner: string;
  /** Milliseconds since the epoch. */
  readonly created_at: number;
  readonly updated_at: number;
  readonly expires_at: number;
  readonly running?: RunningStep;
  readonly last_reply?: LastReply;
}

export type NewSession = Omit<FlowSession, "session_id">;

/** Keeps the sessions of server-orchestrated flows. `sessionStoreSuite` checks an implementation. */
export interface SessionStore {
  /**
   * Stores a session under a new, unguessable id.
   * @param holder whose share of the store it takes, for stores that have shares (see `RecordStore`)
   * @throws SiteError `unavailable` when there is no room for it
   */
  create(session: NewSession, holder?: string): Promise<FlowSession>;
  /** @returns a copy; `undefined` when unknown or expired */
  get(sessionId: string): Promise<FlowSession | undefined>;
  /**
   * Compare-and-set: stores the session only while the stored version is `expectedVersion`.
   * @returns false when somebody else was first, or the session is gone
   */
  update(session: FlowSession, expectedVersion: number): Promise<boolean>;
  delete(sessionId: string): Promise<void>;
  /** Where replies to requests with an `Idempotency-Key` go. Default: this process' memory. */
  readonly replies?: RecordStore;
}
