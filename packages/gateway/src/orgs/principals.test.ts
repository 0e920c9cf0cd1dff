import { SOON_MS } from "@agentgate/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { adminPrincipal, orgPrincipal } from "../access/index.ts";
import { keysIn } from "../keys/testing/index.ts";
import { hashKey, ManualClock, silentLog } from "../runtime/index.ts";
import { openStorage, type Storage } from "../storage/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { Principals } from "./principals.ts";

const KEYS = Array.from({ length: 50 }, (_, n) => `key-${n}`);
/** What the feed is asked for, in its own time. */
const POLL_MS = 500;

describe.each(testEngines())("two nodes on %s", (engine) => {
  let database: TestStorage;
  const clock = new ManualClock();
  let other: Storage;
  /** Which statements the other node sent. */
  const sent: string[] = [];
  let there: Principals;
  let here: ReturnType<typeof keysIn>;
  beforeEach(async () => {
    database = await createTestStorage(engine, { clock });
    const { storage, location } = database;
    sent.length = 0;
    other = await openStorage({ ...location, clock, log: silentLog, onStatement: ({ sql }) => void sent.push(sql) });
    here = keysIn(storage, clock);
    there = new Principals(other, hashKey("admin-key"), keysIn(other, clock));
    const org = { id: "o", name: "o", cost_per_invocation: 0n, tier: "free", created_at: 0n, updated_at: 0n };
    await storage.db.insertInto("orgs").values(org).execute();
    const keyOf = (key: string) => ({ hash: hashKey(key), org_id: "o", role: "primary", created_at: 0n }) as const;
    await storage.db.insertInto("org_keys").values(KEYS.map(keyOf)).execute();
  });
  afterEach(async () => {
    await other.close();
    await database.remove();
  });

  /** How often it was asked whose a key is. */
  const lookups = () => sent.filter((sql) => /from "org_keys"/.test(sql)).length;
  const showAll = async () => {
    for (const key of KEYS) expect(await there.find(key)).toEqual(orgPrincipal("o"));
  };

  test("a key that changes here is looked up again there, and none beside it", async () => {
    const by = { caller: adminPrincipal, requestId: null, address: null };
    const unbounded = { agents: null, expires_in: null, rate_limit: null, rate_burst: null, per_call_max: null };
    const given = { name: "k", scopes: ["tasks:call" as const], budgets: [], ip_allow: null, ...unbounded };
    const { text, key } = await here.keys.create("o", given, by);
    await showAll();
    expect(await there.find(text)).toBeDefined();
    expect(lookups()).toBe(KEYS.length + 1);
    await here.keys.setDisabled("o", key.id, true, by);
    clock.advance(POLL_MS);
    await expect.poll(() => there.remembers(text), { timeout: SOON_MS }).toBe(false);
    await showAll();
    await there.find(text);
    expect(lookups()).toBe(KEYS.length + 2);
  });

  test("a node that cannot see the others' changes trusts a key for a second, and looks it up once in that time", async () => {
    await showAll();
    expect(await there.find("admin-key")).toEqual(adminPrincipal);
    other.changes.close(); // no more polls: as when the database does not answer them
    await database.storage.db.deleteFrom("org_keys").where("hash", "=", hashKey("key-7")).execute();
    clock.advance(1_000);
    expect(there.find("key-7")).toEqual(orgPrincipal("o"));
    clock.advance(1);
    expect(await there.find("key-7")).toBeUndefined();
    for (let time = 0; time < 3; time++) expect(await there.find("key-8")).toEqual(orgPrincipal("o"));
    expect(lookups()).toBe(KEYS.length + 2);
    clock.advance(1_000);
    expect(there.find("key-8")).toEqual(orgPrincipal("o"));
    clock.advance(1);
    const asked = there.find("key-8");
    expect(asked).toBeInstanceOf(Promise);
    expect(await asked).toEqual(orgPrincipal("o"));
    expect(there.find("admin-key")).toEqual(adminPrincipal);
  });
});
