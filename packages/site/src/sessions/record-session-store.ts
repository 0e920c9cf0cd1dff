import type { FlowSession, NewSession, SessionStore } from "./flow-session.ts";
import { type MemoryOptions, MemoryRecordStore } from "./memory-record-store.ts";
import type { RecordStore } from "./record-store.ts";

/** Sessions as JSON texts in a record store. */
export class RecordSessionStore implements SessionStore {
  readonly replies: RecordStore;
  readonly #records: RecordStore;

  /** @param replies where idempotent replies go; by default beside the sessions */
  constructor(records: RecordStore, replies: RecordStore = records) {
    this.#records = records;
    this.replies = replies;
  }

  async create(init: NewSession, holder?: string): Promise<FlowSession> {
    const session: FlowSession = { session_id: crypto.randomUUID(), ...init };
    const record = { text: JSON.stringify(session), version: session.version };
    if (await this.#records.insert(keyOf(session.session_id), record, session.expires_at, holder)) return session;
    throw new Error("The session store refused a new id.");
  }

  async get(sessionId: string): Promise<FlowSession | undefined> {
    if (!isSessionId(sessionId)) return undefined;
    const record = await this.#records.read(keyOf(sessionId));
    return record && (JSON.parse(record.text) as FlowSession);
  }

  update(session: FlowSession, expectedVersion: number): Promise<boolean> {
    const record = { text: JSON.stringify(session), version: session.version };
    return this.#records.replace(keyOf(session.session_id), record, expectedVersion, session.expires_at);
  }

  async delete(sessionId: string): Promise<void> {
    if (isSessionId(sessionId)) await this.#records.remove(keyOf(sessionId));
  }
}

/** Keeps sessions in this process: for development, tests and single-process sites. */
export class MemorySessionStore extends RecordSessionStore {
  constructor(options?: MemoryOptions) {
    super(new MemoryRecordStore(options), new MemoryRecordStore(options));
  }
}

const keyOf = (sessionId: string) => `session:${sessionId}`;
const isSessionId = (id: string) => /^[\w-]{1,128}$/.test(id);
