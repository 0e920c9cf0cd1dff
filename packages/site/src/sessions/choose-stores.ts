import type { SessionStore } from "./flow-session.ts";
import type { MemoryOptions } from "./memory-record-store.ts";
import type { PlainSessionStore } from "./plain-session-store.ts";
import type { RecordStore } from "./record-store.ts";

export interface Stores {
  readonly sessions: SessionStore;
  readonly replies: RecordStore;
}

/**
 * A store as it is, or one of three methods made usable by `plainSessionStore`; what it does not keep, or all when there is
 * none, is kept in this process' memory. Code is loaded by its first use, as many sites need none of it.
 */
export function chooseStores(own: SessionStore | PlainSessionStore | undefined, options: MemoryOptions): Stores {
  const memory = memo(async () => new (await import("./record-session-store.ts")).MemorySessionStore(options));
  const sessions =
    own && "delete" in own
      ? own
      : onFirstUse<SessionStore>(own ? adapted(own) : memory, ["create", "get", "update", "delete"]);
  const replies = onFirstUse<RecordStore>(
    async () => (await memory()).replies,
    ["insert", "read", "replace", "remove"],
  );
  return { sessions, replies: sessions.replies ?? replies };
}

/** At once, so that its warning comes when the site starts. */
function adapted(store: PlainSessionStore): () => Promise<SessionStore> {
  const loading = import("./plain-session-store.ts").then(({ plainSessionStore }) => plainSessionStore(store));
  return () => loading;
}

function memo<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load();
    return loading;
  };
}

type Method = (...values: unknown[]) => unknown;

const onFirstUse = <T>(load: () => Promise<T>, methods: readonly string[]): T =>
  Object.fromEntries(
    methods.map((name) => [
      name,
      async (...values: unknown[]) => {
        const store = (await load()) as Record<string, Method>;
        return store[name]!(...values);
      },
    ]),
  ) as T;
