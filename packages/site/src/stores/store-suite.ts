import type { FlowSession, NewSession, SessionStore } from "../sessions/flow-session.ts";

export interface StoreCase {
  readonly name: string;
  /** @throws Error that says what the store did wrong */
  run(store: SessionStore): Promise<void>;
}

const hourMs = 3_600_000;

const newSession = (overrides: Partial<NewSession> = {}): NewSession => ({
  flow_name: "checkout",
  current_step: "",
  allowed_next_steps: ["add_to_cart"],
  history: [],
  data: {},
  version: 1,
  owner: "subject:tester",
  created_at: Date.now(),
  updated_at: Date.now(),
  expires_at: Date.now() + hourMs,
  ...overrides,
});

/**
 * What every session store must do, for any test runner:
 * `for (const { name, run } of sessionStoreSuite) test(name, () => run(createStore()))`.
 */
export const sessionStoreSuite: readonly StoreCase[] = [
  {
    name: "gives back what was created, under an unguessable id",
    async run(store) {
      const init = newSession({ data: { cart: [1, { two: "2" }], empty: null } });
      const [first, second] = [await store.create(init), await store.create(init)];
      check(first.session_id !== second.session_id, "two sessions share one id");
      check(first.session_id.length >= 20, `the id ${first.session_id} is short enough to guess`);
      same(await store.get(first.session_id), { ...init, session_id: first.session_id }, "get after create");
    },
  },
  {
    name: "knows nothing of other ids",
    async run(store) {
      for (const id of ["550e8400-e29b-41d4-a716-446655440000", "", "../x", "a b", "x'; --", "x".repeat(10_000)]) {
        same(await store.get(id), undefined, `get("${id.slice(0, 40)}")`);
      }
    },
  },
  {
    name: "hands out copies",
    async run(store) {
      const { session_id } = await store.create(newSession({ data: { list: [1] } }));
      const session = await found(store, session_id);
      (session.data.list as number[]).push(2);
      same((await found(store, session_id)).data, { list: [1] }, "data after a caller changed its copy");
    },
  },
  {
    name: "updates when the version is the expected one, and only then",
    async run(store) {
      const session = await store.create(newSession());
      const next = { ...session, version: 2, current_step: "add_to_cart" };
      check(await store.update(next, 1), "update with the right version was refused");
      same(await found(store, session.session_id), next, "get after update");
      check(!(await store.update({ ...next, version: 3 }, 1)), "update with an old version was accepted");
      check(!(await store.update({ ...next, version: 4 }, 3)), "update with a future version was accepted");
      same(await found(store, session.session_id), next, "get after refused updates");
    },
  },
  {
    name: "lets one of 50 concurrent claims win",
    async run(store) {
      const session = await store.create(newSession());
      const claims = Array.from({ length: 50 }, (_, i) => {
        const running = { step: "add_to_cart", token: `${i}`, lease_until: Date.now() + hourMs };
        return store.update({ ...session, version: 2, running }, 1);
      });
      const won = (await Promise.all(claims)).map((ok, i) => (ok ? `${i}` : "")).filter(Boolean);
      check(won.length === 1, `${won.length} of 50 claims won`);
      check((await found(store, session.session_id)).running?.token === won[0], "the stored claim is not the winner's");
    },
  },
  {
    name: "forgets expired sessions",
    async run(store) {
      const session = await store.create(newSession({ expires_at: Date.now() + 40 }));
      const deadline = Date.now() + 5_000;
      while (Date.now() < deadline && (await store.get(session.session_id))) await pause(10);
      same(await store.get(session.session_id), undefined, "get after the expiry");
      const revived = { ...session, version: 2, expires_at: Date.now() + hourMs };
      check(!(await store.update(revived, 1)), "an expired session was updated");
    },
  },
  {
    name: "moves the expiry with an update",
    async run(store) {
      for (let lifeMs = 300; ; lifeMs *= 2) {
        const session = await store.create(newSession({ expires_at: Date.now() + lifeMs }));
        const updated = await store.update({ ...session, version: 2, expires_at: Date.now() + hourMs }, 1);
        // On a machine too slow to be in time, the next session is given a longer life.
        if (!updated && Date.now() >= session.expires_at && lifeMs < 30_000) continue;
        check(updated, "update was refused");
        await pause(session.expires_at + 100 - Date.now());
        check((await store.get(session.session_id)) !== undefined, "the session expired at its first expiry");
        return;
      }
    },
  },
  {
    name: "deletes",
    async run(store) {
      const session = await store.create(newSession());
      await store.delete(session.session_id);
      await store.delete(session.session_id);
      same(await store.get(session.session_id), undefined, "get after delete");
      check(!(await store.update({ ...session, version: 2 }, 1)), "a deleted session was updated");
    },
  },
  {
    name: "forgets nothing that is still good, however many come after",
    async run(store) {
      const first = await store.create(newSession());
      const inAnHour = Date.now() + hourMs;
      const reply = `reply:${crypto.randomUUID()}`;
      await store.replies?.insert(reply, { text: "first", version: 1 }, inAnHour, "address:192.0.2.1");
      for (let i = 0; i < 300; i++) {
        const others = [store.create(newSession({ owner: `agent:${i}` }), "address:192.0.2.2")];
        const text = { text: "other", version: 1 };
        if (store.replies) {
          const kept = store.replies.insert(`reply:${crypto.randomUUID()}`, text, inAnHour, "address:192.0.2.2");
          others.push(kept as never);
        }
        // It may refuse them, in the protocol's words.
        for (const outcome of await Promise.allSettled(others)) {
          const refusal = outcome.status === "rejected" ? (outcome.reason as { code?: string }) : undefined;
          check(!refusal || refusal.code === "unavailable", `a new record failed with ${refusal?.code}`);
        }
      }
      same((await found(store, first.session_id)).session_id, first.session_id, "the first session");
      if (store.replies) same(await store.replies.read(reply), { text: "first", version: 1 }, "the first reply");
    },
  },
  {
    name: "keeps any text",
    async run(store) {
      const data = { "ключ 🛒": "naïve\n\t\u0000 \ud83d 'quotes\" \\ $1 ?1", nested: { __typename: "x" } };
      const { session_id } = await store.create(newSession({ data, owner: "subject:Zoë 日本" }));
      const session = await found(store, session_id);
      same(session.data, data, "data");
      same(session.owner, "subject:Zoë 日本", "owner");
    },
  },
  {
    name: "keeps 1 MiB of data",
    async run(store) {
      const text = "0123456789abcdef".repeat(65_536);
      const { session_id } = await store.create(newSession({ data: { text } }));
      check((await found(store, session_id)).data.text === text, "large data came back different");
    },
  },
  {
    name: "keeps the reply to an Idempotency-Key once, where it keeps replies",
    async run({ replies }) {
      if (!replies) return;
      const id = `reply:${crypto.randomUUID()}`;
      const inAnHour = Date.now() + hourMs;
      const claims = Array.from({ length: 50 }, (_, i) => replies.insert(id, { text: `${i}`, version: 1 }, inAnHour));
      const won = (await Promise.all(claims)).map((ok, i) => (ok ? `${i}` : "")).filter(Boolean);
      check(won.length === 1, `${won.length} of 50 claims to a key won`);
      same(await replies.read(id), { text: won[0], version: 1 }, "the claim");
      check(await replies.replace(id, { text: "done", version: 2 }, 1, inAnHour), "a reply was refused");
      check(!(await replies.replace(id, { text: "late", version: 2 }, 1, inAnHour)), "a reply was kept twice");
      same(await replies.read(id), { text: "done", version: 2 }, "the reply");
      await replies.remove(id);
      same(await replies.read(id), undefined, "a removed reply");
      check(await replies.insert(id, { text: "again", version: 1 }, inAnHour), "a key that is free again was refused");
    },
  },
];

async function found(store: SessionStore, sessionId: string): Promise<FlowSession> {
  const session = await store.get(sessionId);
  if (!session) throw new Error(`session store: ${sessionId} is gone`);
  return session;
}

function check(holds: boolean, problem: string): void {
  if (!holds) throw new Error(`session store: ${problem}`);
}

function same(actual: unknown, expected: unknown, what: string): void {
  check(canonical(actual) === canonical(expected), `${what} is ${canonical(actual)}, expected ${canonical(expected)}`);
}

/** JSON with sorted keys, as stores may order them as they like. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, item) =>
    item && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  ) ?? "undefined";

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
