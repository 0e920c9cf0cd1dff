import type { SessionStore } from "./flow-session.ts";
import type { PlainSessionStore } from "./plain-session-store.ts";

/** A store as it is, or one of three methods made usable by `plainSessionStore`, which is loaded only then. */
export function toSessionStore(store: SessionStore | PlainSessionStore): SessionStore {
  if ("delete" in store) return store;
  const loading = import("./plain-session-store.ts").then(({ plainSessionStore }) => plainSessionStore(store));
  return {
    create: async (session) => (await loading).create(session),
    get: async (sessionId) => (await loading).get(sessionId),
    update: async (session, expectedVersion) => (await loading).update(session, expectedVersion),
    delete: async (sessionId) => (await loading).delete(sessionId),
  };
}
