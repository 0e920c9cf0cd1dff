import type { FlowSession, NewSession, SessionStore } from "./flow-session.ts";

/** What a plain store keeps: the session, whose bookkeeping fields it must keep as they are. */
export interface PlainSession {
  readonly session_id: string;
  readonly flow_name: string;
  readonly current_step: string;
  readonly allowed_next_steps: readonly string[];
}

/** A store of three methods, without compare-and-set or expiry. */
export interface PlainSessionStore {
  create(flowName: string, entryStep: string, allowedNext: readonly string[]): Promise<PlainSession>;
  get(sessionId: string): Promise<PlainSession | null | undefined>;
  update(session: FlowSession): Promise<void>;
}

/**
 * Makes a three-method store usable. Compare-and-set is emulated by a mutex in this process, so a site of several
 * processes needs a real one: `redisSessionStore`, `sqlSessionStore` or an own `SessionStore`.
 */
export function plainSessionStore(
  store: PlainSessionStore,
  warn: (message: string) => void = console.warn,
): SessionStore {
  warn(
    "agentgate: this session store has no compare-and-set, so two processes could run one step twice. " +
      "Run one process, or use redisSessionStore, sqlSessionStore or a SessionStore of your own.",
  );
  const exclusive = keyedMutex();
  return {
    async create(init: NewSession) {
      const [entryStep = ""] = init.allowed_next_steps;
      const { session_id } = await store.create(init.flow_name, entryStep, init.allowed_next_steps);
      const session: FlowSession = { session_id, ...init };
      await store.update(session);
      return session;
    },
    async get(sessionId) {
      const session = await store.get(sessionId);
      return isComplete(session) ? structuredClone(session) : undefined;
    },
    update: (session, expectedVersion) =>
      exclusive(session.session_id, async () => {
        const stored = await store.get(session.session_id);
        if (!isComplete(stored) || stored.version !== expectedVersion) return false;
        await store.update(structuredClone(session));
        return true;
      }),
    /** Without a delete method an ended session is overwritten by one that has expired. */
    delete: (sessionId) =>
      exclusive(sessionId, async () => {
        const stored = await store.get(sessionId);
        if (isComplete(stored)) {
          await store.update({ ...stored, version: -1, expires_at: 0, data: {}, history: [], allowed_next_steps: [] });
        }
      }),
  };
}

/** A session whose bookkeeping is missing was not started through us; one that has expired is gone. */
const isComplete = (session: PlainSession | null | undefined): session is FlowSession =>
  !!session &&
  "version" in session &&
  "owner" in session &&
  "expires_at" in session &&
  Number(session.expires_at) > Date.now();

function keyedMutex() {
  const tails = new Map<string, Promise<unknown>>();
  return <T>(key: string, task: () => Promise<T>): Promise<T> => {
    const run = (tails.get(key) ?? Promise.resolve()).then(task, task);
    tails.set(key, run);
    const forget = () => {
      if (tails.get(key) === run) tails.delete(key);
    };
    run.then(forget, forget);
    return run;
  };
}
