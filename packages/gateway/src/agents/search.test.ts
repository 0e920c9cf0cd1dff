import { inspect } from "node:util";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adminPrincipal, type KeyLimits, limitedAdmin, orgPrincipal } from "../access/index.ts";
import type { Principal } from "../http/index.ts";
import { SeededRandom, silentLog, systemClock } from "../runtime/index.ts";
import { openStorage } from "../storage/index.ts";
import { createEmptyDatabase, createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import type { Agent } from "./agent.ts";
import { APPROVED } from "./approval/approval.ts";
import type { Facets } from "./facets.ts";
import { sorts } from "./page.ts";
import { AgentSearch, type SearchFilter } from "./search.ts";
import { NO_PRICES } from "./skills/prices.ts";
import { AGENTS_TOPIC, AgentStore, tagRows, toRow } from "./store.ts";
import { type HealthState, healthStates } from "./track-record.ts";
import { versionKey } from "./version-key.ts";

/** Letters of all sizes and cases, and everything that means something to LIKE or to a full-text query. */
const letters = fc.constantFrom(
  ..."aAbBäÄßσΣ漢字😀%_\\\"'*^{}():-+ \n.019".split(/(?:)/u),
  "NEAR",
  "and",
  "\u001e",
  "\u001f",
);
const texts = (minLength: number, maxLength: number) =>
  fc.array(letters, { minLength, maxLength }).map((parts) => parts.join("").slice(0, 60).toWellFormed());
const tag = texts(1, 3);
const agents = fc.record({
  name: texts(1, 6),
  description: texts(0, 12),
  version: fc.constantFrom("1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1", "2.0.0", "x"),
  skills: fc.array(fc.record({ id: texts(1, 4), name: texts(1, 4) }), { maxLength: 2 }),
  tags: fc.array(tag, { maxLength: 3 }),
  rating: fc.constantFrom(0, 0, 1, 3.5, 5),
  pricePerTask: fc.constantFrom(0n, 1_000n, 1_001n, 2_000_000n),
  protocol: fc.constantFrom(...(["plain", "a2a"] as const)),
  health: fc.constantFrom(...healthStates),
  calls: fc.constantFrom(0n, 5n, 120n),
  visibility: fc.constantFrom(...(["public", "public", "org", "granted"] as const)),
  orgId: fc.constantFrom(null, "acme", "globex"),
  granted: fc.subarray(["acme", "globex", "over:acme", "over:globex"]),
});
/** Whoever asks: nobody, organizations, one of them with a key for a few agents, the admin with each kind of key. */
const asking = fc.constantFrom("nobody", "acme", "globex", "acme, a few", "admin", "admin, a few");
const AMONG = 5;
const filters: fc.Arbitrary<SearchFilter> = fc.record({
  q: fc.option(texts(1, 4), { nil: undefined }),
  skill: fc.option(texts(1, 4), { nil: undefined }),
  tags: fc.array(tag, { maxLength: 2 }),
  filters: fc.record(
    {
      priceMax: fc.constantFrom(0n, 1_000n, 3_000_000n),
      ratingMin: fc.constantFrom(0, 1, 4),
      protocol: fc.constantFrom(...(["plain", "a2a"] as const)),
      health: fc.constantFrom(...(["healthy", "unhealthy"] as const)),
    },
    { requiredKeys: [] },
  ),
  sort: fc.constantFrom(...sorts),
  limit: fc.integer({ min: 1, max: 6 }),
  offset: fc.integer({ min: 0, max: 5 }),
});

type Seed = Agent & { rating: number; granted?: readonly string[]; health?: HealthState; calls?: bigint };

const keyFor = (agents: readonly Seed[]) =>
  ({ agentIds: new Set(["none", ...agents.map(({ id }) => id)]), isShownFrom: () => true }) as unknown as KeyLimits;
const callerOf = (who: string, all: readonly Seed[]) => {
  const few = keyFor(all.slice(0, AMONG));
  const callers: Record<string, Principal> = { admin: adminPrincipal, "admin, a few": limitedAdmin(few) };
  return who === "nobody"
    ? undefined
    : (callers[who] ?? orgPrincipal(who.split(",")[0]!, who.includes(",") ? few : undefined));
};
/** Who sees what, by looking at each agent. */
const shownTo = (who: string, all: readonly Seed[]) =>
  all.filter(({ visibility, orgId, granted = [] }, n) => {
    if (visibility === "public") return true;
    const [org, few] = who.split(",");
    if (few && n >= AMONG) return false;
    return org === "admin" || orgId === org || (visibility === "granted" && granted.includes(org!));
  });

const lower = (text: string) =>
  text
    .toLowerCase()
    .replaceAll("ς", "σ")
    .replaceAll(/\p{Cc}/gu, " ");
const isLetter = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}\p{M}]/u.test(character);

/** Whether one of the texts holds the part; when `inWords` is off, a short part only counts where a word begins. */
function holds(texts: readonly string[], given: string | undefined, inWords: boolean): boolean {
  const part = [...lower(given ?? "").trim()];
  return texts.map(lower).some((text) => {
    if (inWords || part.length > 2 || part.length === 0) return text.includes(part.join(""));
    const characters = [...text];
    return characters.some(
      (character, at) =>
        (!isLetter(characters[at - 1]) || !isLetter(character) || /\p{sc=Han}/u.test(character)) &&
        part.every((wanted, n) => characters[at + n] === wanted),
    );
  });
}

/** What a search must find, by looking at everything. */
function model(all: readonly Seed[], { q, skill, tags, filters = {}, sort, limit, offset }: SearchFilter) {
  const { priceMax, ratingMin, protocol, health } = filters;
  const key = (text: string | undefined) => lower(text ?? "").trim();
  const matching = all.filter(
    (agent) =>
      (!key(q) || holds([agent.name, agent.description, ...agent.tags], q, false)) &&
      (!key(skill) ||
        holds(
          agent.skills.flatMap(({ id, name }) => [`${id}`, `${name}`]),
          skill,
          true,
        )) &&
      tags.every((tag) => !key(tag) || agent.tags.some((own) => key(own) === key(tag))) &&
      (priceMax === undefined || agent.pricePerTask <= priceMax) &&
      (ratingMin === undefined || agent.rating >= ratingMin) &&
      (protocol === undefined || agent.protocol === protocol) &&
      (health === undefined || (agent.health ?? "unknown") === health),
  );
  const bytes = (text: string) => Buffer.from(text);
  const orders: Record<SearchFilter["sort"], (a: Seed, b: Seed) => number> = {
    newest: () => 0,
    name: (a, b) => Buffer.compare(bytes(a.name), bytes(b.name)),
    version: (a, b) => Buffer.compare(bytes(versionKey(b.version)), bytes(versionKey(a.version))),
    rating: (a, b) => b.rating - a.rating,
    price: (a, b) => Number(a.pricePerTask - b.pricePerTask),
    calls: (a, b) => Number((b.calls ?? 0n) - (a.calls ?? 0n)),
  };
  const sorted = matching.toSorted((a, b) => orders[sort](a, b) || Number(b.createdAt - a.createdAt));
  return { total: matching.length, matching, ids: sorted.slice(offset, offset + limit).map(({ id }) => id) };
}

function facetsIn(all: readonly Seed[]): Facets {
  const count = (holds: (agent: Seed) => boolean) => all.filter(holds).length;
  const isHealth = (state: HealthState) => count(({ health = "unknown" }) => health === state);
  const bounds = [0n, 1_000n, 10_000n, 100_000n, 1_000_000n, undefined];
  const byTag = Map.groupBy(all.flatMap(tagRows), ({ tag_key }) => tag_key);
  const tags = [...byTag.values()].map((rows) => ({ name: rows.map(({ tag }) => tag).sort()[0]!, count: rows.length }));
  return {
    agents: all.length,
    tags: tags
      .sort((a, b) => b.count - a.count || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
      .slice(0, 30),
    protocols: {
      plain: count(({ protocol }) => protocol === "plain"),
      a2a: count(({ protocol }) => protocol === "a2a"),
      ...{ mcp: 0, site: 0 },
    },
    health: { healthy: isHealth("healthy"), unhealthy: isHealth("unhealthy"), unknown: isHealth("unknown") },
    prices: bounds.map((max, at) => ({
      max,
      count: count(
        ({ pricePerTask }) =>
          (max === undefined || pricePerTask <= max) && (at === 0 || pricePerTask > bounds[at - 1]!),
      ),
    })),
    ratings: [4.5, 4, 3].map((min) => ({ min, count: count(({ rating }) => rating >= min) })),
  };
}

const REST = { error: null, hangs: 0n, rests_until: 0n };
const noGrants = { pricesOf: async () => new Map() };
const random = new SeededRandom(7);
const toAgent = (fields: Partial<Agent>, n: number): Agent => ({
  ...{ id: random.uuid(), name: "n", description: "", url: "http://a", version: "1.0.0", skills: [], tags: [] },
  ...{ webhookUrl: null, pricePerTask: 0n, orgId: null, keyHash: null, deployed: false, timeoutMs: null },
  ...{ prices: NO_PRICES, slug: "" },
  ...{
    protocol: "plain" as const,
    protocolSetting: "auto" as const,
    approval: APPROVED,
    visibility: "public" as const,
    hasGrants: false,
    createdAt: BigInt(n),
    updatedAt: BigInt(n),
  },
  ...fields,
});

describe.each(testEngines())("search on %s", (engine) => {
  let storage: TestStorage;
  let store: AgentStore;
  let search: AgentSearch;
  beforeAll(async () => {
    storage = await createTestStorage(engine);
    store = new AgentStore(storage.storage);
    const fields = { cost_per_invocation: 0n, tier: "free", created_at: 1n, updated_at: 1n };
    const orgs = ["acme", "globex"].map((id) => ({ id, name: id, ...fields }));
    await storage.storage.db
      .insertInto("orgs")
      .values(orgs as never)
      .execute();
    search = new AgentSearch(storage.storage, systemClock, noGrants);
  });
  afterAll(() => storage.remove());

  const insert = (agent: Agent) =>
    store.insert(
      agent,
      () => 1_000,
      async () => {},
    );
  const grantRows = ({ id, granted = [] }: Seed) =>
    [...new Map(granted.toReversed().map((text) => [text.replace("over:", ""), text]))].map(([org, text]) => ({
      ...{ agent_id: id, org_id: org, may_call: 0n, price: null, created_at: 1n, updated_at: 1n },
      expires_at: text.startsWith("over:") ? 1_000n : 9_000_000_000_000_000n,
    }));
  /** Makes these all the agents there are. */
  const replace = (all: readonly Seed[]) =>
    storage.storage.changes.change(AGENTS_TOPIC, async (trx) => {
      await trx.deleteFrom("agents").execute();
      for (let at = 0; at < all.length; at += 500) {
        const some = all.slice(at, at + 500);
        const rated = ({ rating, calls = 0n }: Seed) => ({
          ...{ rating, review_count: rating > 0 ? 1n : 0n, recent_calls: calls },
        });
        const looks = some.flatMap(({ id, health = "unknown" }) =>
          health === "unknown"
            ? []
            : [{ ...{ agent_id: id, status: health, checked_at: 1n, latency_us: null }, ...REST }],
        );
        await trx
          .insertInto("agents")
          .values(some.map((agent) => ({ ...toRow(agent), ...rated(agent) })))
          .execute();
        if (looks.length) await trx.insertInto("agent_health").values(looks).execute();
        const tags = some.flatMap(tagRows);
        if (tags.length) await trx.insertInto("agent_tags").values(tags).execute();
        const grants = some.flatMap(grantRows);
        if (grants.length) await trx.insertInto("agent_grants").values(grants).execute();
      }
    });

  test("finds what looking at every agent would find", async () => {
    const directories = fc.tuple(
      fc.array(agents, { maxLength: 12 }),
      fc.array(fc.tuple(filters, asking), { minLength: 1, maxLength: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(directories, async ([seeds, wanted]) => {
        const all: Seed[] = seeds.map(({ granted, rating, health, calls, ...seed }, n) => ({
          ...toAgent(seed, n + 1),
          ...{ rating, health, calls },
          granted: granted.filter((text) => !text.startsWith("over:") || !granted.includes(text.slice(5))),
        }));
        await replace(all);
        for (const [filter, who] of wanted) {
          const caller = callerOf(who, all);
          const { total, totalIsExact, found } = await search.search(filter, caller);
          const { matching, ...expected } = model(shownTo(who, all), filter);
          expect({ total, totalIsExact, ids: found.map(({ agent }) => agent.id) }, inspect(filter)).toEqual({
            ...expected,
            totalIsExact: true,
          });
          expect(await search.facets(filter, caller)).toEqual(facetsIn(matching));
          if (filter.sort !== "newest" || filter.q || Object.keys(filter.filters!).length > 0 || filter.tags.length > 1)
            continue;
          const [tag] = filter.tags;
          const { skill, limit, offset } = filter;
          expect((await search.list({ skill, tag, limit, offset }, caller)).agents.map(({ id }) => id)).toEqual(
            expected.ids,
          );
          const deep = await search.list({ skill, tag, limit, offset: offset + 10_000 }, caller);
          expect(deep.agents).toEqual([]);
        }
      }),
      { numRuns: process.env.AGENTGATE_SOAK ? 1_000 : 30 },
    );
  });

  test("pages follow each other to the end, whoever comes meanwhile", async () => {
    const named = (n: number) => ({ ...toAgent({ name: `${n}`, tags: [n % 3 ? "most" : "some"] }, n + 1), rating: 0 });
    await replace(Array.from({ length: 40 }, (_, n) => named(n)));
    let time = 1_000;
    for (const filter of [{}, { tag: "most" }, { tag: "some" }]) {
      const wanted = (await search.list({ ...filter, limit: 100, offset: 0 })).agents.map(({ name }) => name);
      const met: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await search.list({ ...filter, limit: 7, offset: 0, after });
        met.push(...page.agents.map(({ name }) => name));
        if (page.next === undefined) break;
        await insert(toAgent({ name: "late", tags: ["most", "some"] }, time++));
        after = page.next;
      }
      expect(met).toEqual(wanted);
    }
  });

  test("a page of large agents ends before its limit; one that is larger than a page has one to itself", async () => {
    const large = (n: number) => ({
      ...toAgent({ name: `${n}`, skills: [{ id: "s", description: "x".repeat(60_000) }] }, n + 1),
      rating: 0,
    });
    await replace(Array.from({ length: 70 }, (_, n) => large(n)));
    const first = await search.list({ limit: 70, offset: 0 });
    expect(first.agents.length).toBeGreaterThan(30);
    expect(Buffer.byteLength(JSON.stringify(first.agents.map(({ skills }) => skills)))).toBeLessThan(2_200_000);
    const second = await search.list({ limit: 70, offset: 0, after: first.next });
    expect(second.agents[0]!.name).toBe(`${70 - first.agents.length - 1}`);
    const found = await search.search({ tags: [], skill: "s", sort: "name", limit: 70, offset: 0 });
    expect([found.found.length < 40, found.hasMore, found.total]).toEqual([true, true, 70]);
    // As an earlier release took it from a card.
    const fat = JSON.stringify(Array.from({ length: 200 }, (_, n) => ({ id: `s${n}`, text: "x".repeat(20_000) })));
    await storage.storage.db.updateTable("agents").set({ skills: fat }).where("name", "in", ["68", "67"]).execute();
    const alone = await search.list({ limit: 10, offset: 1 });
    expect([alone.agents.length, alone.next !== undefined]).toEqual([1, true]);
    expect(JSON.stringify(alone.agents[0]!.skills).length).toBeLessThanOrEqual(65_536);
    expect(alone.agents[0]!.skills.length).toBeGreaterThan(2);
  });

  test("tags are counted whatever comes, goes, changes and is spelled how", async () => {
    const spellings = ["Red", "red", "RED", "blue", "Blue", "green"];
    const steps = fc.array(
      fc.record({
        agent: fc.nat(3),
        does: fc.constantFrom("insert", "update", "delete"),
        tags: fc.subarray(spellings),
        visibility: fc.constantFrom(...(["public", "public", "org"] as const)),
        orgId: fc.constantFrom("acme", "globex"),
      }),
      { maxLength: 14 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        await replace([]);
        const there = new Map<number, Agent>();
        for (const [n, { agent, does, tags, visibility, orgId }] of all.entries()) {
          const known = there.get(agent);
          if (does === "insert" && !known) {
            const made = toAgent({ tags, visibility, orgId }, n + 1);
            await insert(made);
            there.set(agent, made);
          } else if (does === "update" && known) {
            there.set(agent, (await store.update(known.id, (current) => ({ ...current, tags, visibility })))!);
          } else if (does === "delete" && known) {
            await store.delete(known.id);
            there.delete(agent);
          }
        }
        for (const who of ["nobody", "acme", "globex", "admin"]) {
          const caller = callerOf(who, []);
          const shown = shownTo(
            who,
            [...there.values()].map((agent) => ({ ...agent, rating: 0 })),
          );
          const rows = shown.flatMap(tagRows);
          const expected = [...new Set(rows.map(({ tag_key }) => tag_key))].sort().map((key) => {
            const names = rows.filter(({ tag_key }) => tag_key === key).map(({ tag }) => tag);
            return { name: names.sort()[0], count: names.length };
          });
          expect((await search.tags({ limit: 100 }, caller)).tags, who).toEqual(expected);
          const one = await search.tags({ limit: 1, after: "blue" }, caller);
          const behind = expected.filter(({ name }) => name!.toLowerCase() > "blue");
          expect([one.tags, one.hasMore]).toEqual([behind.slice(0, 1), behind.length > 1]);
          const { total } = await search.search({ tags: [], sort: "name", limit: 1, offset: 0 }, caller);
          expect(total).toBe(shown.length);
        }
      }),
      { numRuns: 12 },
    );
  });

  test("agents that share tags come, change and go at once without waiting in a circle", async () => {
    await replace([]);
    const tags = Array.from({ length: 12 }, (_, n) => `shared-${n}`);
    const made = Array.from({ length: 12 }, (_, n) => toAgent({ tags: n % 2 ? tags : tags.toReversed() }, n + 1));
    await Promise.all(made.map(insert));
    await Promise.all(
      made.map(({ id }, n) =>
        n % 3 === 0
          ? store.delete(id)
          : store.update(id, (current) => ({
              ...current,
              tags: n % 2 ? tags.slice(n) : tags.toReversed().slice(n),
              visibility: n % 4 < 2 ? "org" : "public",
            })),
      ),
    );
    const counted = (await search.tags({ limit: 100 }, adminPrincipal)).tags.reduce((sum, { count }) => sum + count, 0);
    const kept = made.reduce((sum, _, n) => sum + (n % 3 === 0 ? 0 : 12 - n), 0);
    expect(counted).toBe(kept);
  });

  test("follows changes and removals", async () => {
    await replace([]);
    const tags = async () => (await search.tags({ limit: 9 })).tags;
    const agent = toAgent({ name: "before", tags: ["Old"], skills: [{ id: "sing" }] }, 1);
    await insert(agent);
    const find = async (filter: Partial<SearchFilter>) =>
      (await search.search({ tags: [], sort: "name", limit: 9, offset: 0, ...filter })).total;
    expect([await find({ q: "fore" }), await find({ tags: ["old"] }), await find({ skill: "SIN" })]).toEqual([1, 1, 1]);
    await store.update(agent.id, (current) => ({ ...current, name: "after", tags: ["new", "NEW"], skills: [] }));
    expect([await find({ q: "fore" }), await find({ tags: ["old"] }), await find({ skill: "SIN" })]).toEqual([0, 0, 0]);
    expect([await find({ q: "afte" }), await find({ tags: ["New"] }), await find({})]).toEqual([1, 1, 1]);
    expect(await tags()).toEqual([{ name: "new", count: 1 }]);
    await store.delete(agent.id);
    expect([await find({ q: "afte" }), await find({})]).toEqual([0, 0]);
    expect(await tags()).toEqual([]);
  });

  test("what is rolled back is not found", async () => {
    await replace([]);
    const failed = store.insert(
      toAgent({ name: "unborn" }, 1),
      () => 1_000,
      async () => {
        throw new Error("no");
      },
    );
    await expect(failed).rejects.toThrow("no");
    await insert(toAgent({ name: "steady" }, 2));
    const [{ id }] = (await search.list({ limit: 1, offset: 0 })).agents as [Agent];
    const undone = store.update(
      id,
      (agent) => ({ ...agent, name: "changed" }),
      async () => {
        throw new Error("no");
      },
    );
    await expect(undone).rejects.toThrow("no");
    const names = async (q: string) =>
      (await search.search({ q, tags: [], sort: "name", limit: 9, offset: 0 })).found.map(({ agent }) => agent.name);
    expect([await names("unborn"), await names("changed"), await names("steady")]).toEqual([[], [], ["steady"]]);
  });

  test("counts and shows matches up to 1,000 and says when there may be more", async () => {
    const named = (n: number) => toAgent({ name: `agent ${n}`, tags: ["all"] }, n + 1);
    await replace(Array.from({ length: 1_050 }, (_, n) => ({ ...named(n), rating: 0 })));
    const page = async (filter: Partial<SearchFilter>) => {
      const {
        found,
        hasMore: _,
        ...counted
      } = await search.search({ tags: [], sort: "newest", limit: 2, offset: 0, ...filter });
      return { ...counted, names: found.map(({ agent }) => agent.name) };
    };
    const exactly = (total: number, ...names: string[]) => ({ total, totalIsExact: true, names });
    const atLeast = (...names: string[]) => ({ total: 1_000, totalIsExact: false, names });
    expect(await page({})).toEqual(exactly(1_050, "agent 1049", "agent 1048"));
    expect(await page({ sort: "name", offset: 1_048 })).toEqual(exactly(1_050, "agent 998", "agent 999"));
    expect(await page({ q: "agent" })).toEqual(atLeast("agent 1049", "agent 1048"));
    expect(await page({ tags: ["ALL"], sort: "version" })).toEqual(atLeast("agent 1049", "agent 1048"));
    expect(await page({ q: "agent", offset: 999 })).toEqual(atLeast("agent 50"));
    expect(await page({ q: "agent", offset: 1_000 })).toEqual(atLeast());
    expect(await page({ q: "agent", sort: "name" })).toEqual(atLeast("agent 0", "agent 1"));
    expect(await page({ q: "agent", sort: "name", offset: 998 })).toEqual(atLeast("agent 952", "agent 953"));
    expect(await page({ q: "agent 9", sort: "name", offset: 110 })).toEqual(exactly(111, "agent 999"));
    expect(await page({ q: "agent 9", offset: 111 })).toEqual(exactly(111));
    const deep = await search.list({ tag: "all", limit: 2, offset: 1_048 });
    expect(deep.agents.map(({ name }) => name)).toEqual(["agent 1", "agent 0"]);
    const last = await search.list({ limit: 9, offset: 1_048 });
    expect(last.agents.map(({ name }) => name)).toEqual(["agent 1", "agent 0"]);
    expect(await search.list({ limit: 9, offset: 1_050 })).toEqual({ agents: [], next: undefined });
  });

  test("finds all there is, whatever the first agents in the order suggest", async () => {
    const tagOf = (n: number) => (n < 1_050 ? "old" : "new");
    const named = (n: number) => toAgent({ name: `agent ${n}`, tags: [tagOf(n)] }, n + 1);
    await replace(Array.from({ length: 1_550 }, (_, n) => ({ ...named(n), rating: n % 5 })));
    const page = async (filter: Partial<SearchFilter>) => {
      const { total, found } = await search.search({ tags: [], sort: "newest", limit: 2, offset: 0, ...filter });
      return [total, ...found.map(({ agent }) => agent.name)];
    };
    expect(await page({ tags: ["old"] })).toEqual([1_000, "agent 1049", "agent 1048"]);
    expect(await page({ tags: ["old"], offset: 997 })).toEqual([1_000, "agent 52", "agent 51"]);
    expect(await page({ tags: ["old"], sort: "rating" })).toEqual([1_000, "agent 1049", "agent 1044"]);
    expect(await page({ tags: ["old"], sort: "rating", offset: 996 })).toEqual([1_000, "agent 265", "agent 260"]);
    expect(await page({ tags: ["new"], offset: 499 })).toEqual([500, "agent 1050"]);
    const list = async (tag: string, offset: number) =>
      (await search.list({ tag, limit: 2, offset })).agents.map(({ name }) => name);
    expect(await list("old", 1_049)).toEqual(["agent 0"]);
    expect(await list("new", 498)).toEqual(["agent 1051", "agent 1050"]);
    expect(await list("new", 499)).toEqual(["agent 1050"]);
  });
});

test.skipIf(!testEngines().includes("postgres"))(
  "a PostgreSQL that allows no pg_trgm is searched as well",
  async () => {
    const database = await createEmptyDatabase("postgres");
    const asOwner = new pg.Client({ connectionString: database.location.databaseUrl });
    await asOwner.connect();
    const role = `plain_${process.pid}`;
    await asOwner.query(`create role ${role} login; grant all on schema public to ${role}`);
    const url = new URL(database.location.databaseUrl!);
    url.username = role;
    const storage = await openStorage({
      ...{ databaseUrl: url.href, dataDirectory: database.location.dataDirectory, clock: systemClock, log: silentLog },
    });
    try {
      expect((await asOwner.query("select 1 from pg_extension where extname = 'pg_trgm'")).rows).toEqual([]);
      const agent = toAgent({ name: "Übersetzer", tags: ["x"] }, 1);
      await new AgentStore(storage).insert(
        agent,
        () => 1,
        async () => {},
      );
      const filter = { q: "SETZ", tags: ["X"], sort: "newest", limit: 9, offset: 0 } as const;
      expect((await new AgentSearch(storage, systemClock, noGrants).search(filter)).found).toMatchObject([
        { agent: { id: agent.id } },
      ]);
    } finally {
      await storage.close();
      await asOwner.query(`drop owned by ${role}; drop role ${role}`);
      await asOwner.end();
      await database.remove();
    }
  },
);
