import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../../storage/testing/index.ts";
import { testWebhooks } from "../../webhooks/testing/index.ts";
import { type CallEntry, CallLogStore } from "../index.ts";
import { callEntry } from "../testing/index.ts";
import type { LogFilter, LogPlace } from "./log-filter.ts";
import { LogSearch } from "./log-search.ts";

const START = BigInt(Date.UTC(2026, 10, 20)) * 1000n;
const MINUTE = 60_000_000n;
const CALLS = 1_500;
const hex = (n: number) => `${n}`.padStart(12, "0");
const uuid = (kind: number, n: number) => `0000000${kind}-0000-4000-8000-${hex(n)}`;

/** Calls that have much in common and some that have not, also of earlier versions, several at one time. */
function calls(): CallEntry[] {
  return Array.from({ length: CALLS }, (_, n) => {
    const isOld = n < 200;
    const owner = n % 3;
    const entry = callEntry({
      id: uuid(1, (n * 7919) % 100_003),
      agentId: uuid(2, n % 7),
      orgId: owner === 2 ? null : uuid(3, owner),
      payerOrgId: n % 4 === 0 ? uuid(3, (n >> 2) % 3) : null,
      requestId: uuid(4, n),
      callerIp: `192.0.2.${n % 5}`,
      skill: n % 3 === 1 ? null : `skill-${n % 4}`,
      taskId: n % 6 === 0 ? null : `task-${n % 11}`,
      errorDetail: n % 5 === 1 ? ["timeout", "http_500", "connect_error"][n % 3]! : null,
      latencyMicros: ((n * 37) % 1_000) * 100,
      // Three calls at each time, as nodes may write.
      createdAt: START + BigInt(Math.floor(n / 3)) * 5n * MINUTE,
      entrance: (["rest", "sse", "a2a_rest"] as const)[n % 3]!,
      contextId: n % 9 === 0 ? `context-${n % 18}` : null,
      keyId: n % 10 === 0 ? uuid(5, n % 20) : null,
      traceId: n % 8 === 0 ? "0".repeat(31) + (n % 16 === 0 ? "1" : "2") : hex(n).padStart(32, "a"),
      parentId: n % 12 === 0 ? uuid(1, 7919) : null,
      price: n % 4 === 0 ? 500n : 0n,
    });
    if (!isOld) return entry;
    return {
      ...entry,
      entrance: null,
      protocol: null,
      contextId: null,
      keyId: null,
      traceId: null,
      parentId: null,
      skill: null,
    };
  });
}

const END = START + BigInt(CALLS / 3) * 5n * MINUTE;

const any = <T>(values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const some = <T>(values: readonly T[]) =>
  fc.option(fc.uniqueArray(fc.constantFrom(...values), { maxLength: 3 }), { nil: undefined });
const time = fc.integer({ min: -60, max: CALLS * 2 }).map((minutes) => START + BigInt(minutes) * MINUTE);
const filters: fc.Arbitrary<LogFilter> = fc
  .record(
    {
      role: fc.constantFrom("owner", "payer"),
      orgId: any([0, 1, 2].map((n) => uuid(3, n))),
      agentIds: some([0, 1, 2, 9].map((n) => uuid(2, n))),
      status: any(["success", "error"] as const),
      errors: some(["timeout", "http_500", "none such"]),
      entrances: some(["rest", "sse", "ucp"]),
      skills: some(["skill-0", "skill-3", "none such"]),
      payerOrgId: any([uuid(3, 1)]),
      taskId: any(["task-3", "none"]),
      traceId: any([`${"0".repeat(31)}1`, hex(333).padStart(32, "a"), "f".repeat(32)]),
      contextId: any(["context-9", "none"]),
      requestId: any([uuid(4, 3), uuid(4, 700)]),
      parentId: any([uuid(1, 7919)]),
      keyId: any([uuid(5, 10)]),
      callerIp: any(["192.0.2.3"]),
      latencyMicrosMin: any([50_000n, 99_000n]),
      notAgentIds: some([0, 3, 9].map((n) => uuid(2, n))),
      notErrors: some(["timeout", "http_500"]),
      notEntrances: some(["rest", "ucp"]),
      notSkills: some(["skill-0", "skill-2"]),
      notPayerOrgIds: some([uuid(3, 0), uuid(3, 1)]),
      times: fc.tuple(time, time),
    },
    { requiredKeys: ["role", "times"] },
  )
  .map(({ times, ...rest }) => {
    const [from, to] = times.sort((a, b) => Number(a - b));
    return { ...rest, from: from!, to: to! };
  });

/** What the search has to find, by looking at every call. */
function reference(all: readonly CallEntry[], filter: LogFilter): CallEntry[] {
  const has = <T>(wanted: T | undefined, given: T | null) => wanted === undefined || wanted === given;
  const isIn = <T>(wanted: readonly T[] | undefined, given: T | null) =>
    wanted === undefined || (given !== null && wanted.includes(given));
  const isNotIn = <T>(refused: readonly T[] | undefined, given: T | null) =>
    given === null || !(refused ?? []).includes(given);
  return all
    .filter(
      (call) =>
        isNotIn(filter.notAgentIds, call.agentId) &&
        isNotIn(filter.notErrors, call.errorDetail) &&
        isNotIn(filter.notEntrances, call.entrance) &&
        isNotIn(filter.notSkills, call.skill) &&
        isNotIn(filter.notPayerOrgIds, call.payerOrgId) &&
        has(filter.orgId, filter.role === "payer" ? call.payerOrgId : call.orgId) &&
        isIn(filter.agentIds, call.agentId) &&
        has(filter.status, call.errorDetail === null ? "success" : "error") &&
        isIn(filter.errors, call.errorDetail) &&
        isIn(filter.entrances, call.entrance) &&
        isIn(filter.skills, call.skill) &&
        has(filter.payerOrgId, call.payerOrgId) &&
        has(filter.taskId, call.taskId) &&
        has(filter.traceId, call.traceId) &&
        has(filter.contextId, call.contextId) &&
        has(filter.requestId, call.requestId) &&
        has(filter.parentId, call.parentId) &&
        has(filter.keyId, call.keyId) &&
        has(filter.callerIp, call.callerIp) &&
        call.latencyMicros >= Number(filter.latencyMicrosMin ?? 0n) &&
        filter.from <= call.createdAt &&
        call.createdAt < filter.to,
    )
    .sort((a, b) => Number(b.createdAt - a.createdAt) || (a.id < b.id ? 1 : -1));
}

describe.each(testEngines())("the log on %s", (engine) => {
  let fixture: TestStorage;
  const all = calls();
  beforeAll(async () => {
    fixture = await createTestStorage(engine);
    const { storage } = fixture;
    const store = new CallLogStore(storage, testWebhooks(storage).announcer);
    await store.write(all);
    // The oldest were written before there were these indexes.
    const indexedFrom = all[200]!.createdAt;
    await storage.db
      .updateTable("settings")
      .set({ value: `${indexedFrom}` })
      .where("name", "=", "call_log_indexed_from")
      .execute();
  });
  afterAll(() => fixture.remove());

  const wholly = async (search: LogSearch, filter: LogFilter, limit: number) => {
    const found: string[] = [];
    let pages = 0;
    for (let before: LogPlace | undefined; ; ) {
      const { entries, next, searchedTo } = await search.page(filter, { before, limit });
      expect(entries.length).toBeLessThanOrEqual(limit);
      if (entries.length < limit) expect(next === null || searchedTo !== null).toBe(true);
      found.push(...entries.map(({ id }) => id));
      if (next === null) return found;
      before = next;
      if (++pages > 5_000) throw new Error("no end of pages");
    }
  };

  test.each([
    ["in plenty of time", 10_000],
    ["whose time is over at once, page by page", 0],
  ])("is found by any filters in any range, %s", async (_, budgetMs) => {
    const search = new LogSearch({ storage: fixture.storage, clock: systemClock, budgetMs });
    await fc.assert(
      fc.asyncProperty(filters, fc.constantFrom(1, 7, 50, 500), async (filter, size) => {
        const expected = reference(all, filter).map(({ id }) => id);
        const limit = expected.length > 100 ? Math.max(50, size) : size;
        expect(await wholly(search, filter, limit)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test("is exported as it is found", async () => {
    const search = new LogSearch({ storage: fixture.storage, clock: systemClock });
    for (const filter of [
      { role: "owner", from: START, to: END },
      { role: "payer", orgId: uuid(3, 1), from: START, to: END },
    ] as const) {
      const found: string[] = [];
      for await (const some of search.all(filter, undefined, new AbortController().signal)) {
        expect(some.length).toBeLessThanOrEqual(500);
        found.push(...some.map(({ id }) => id));
      }
      expect(found).toEqual(reference(all, filter).map(({ id }) => id));
    }
  });

  test("is counted by time and by what calls have in common", async () => {
    const search = new LogSearch({ storage: fixture.storage, clock: systemClock, budgetMs: 10_000 });
    await fc.assert(
      fc.asyncProperty(filters, async (filter) => {
        const expected = reference(all, filter);
        const step = 37n * MINUTE;
        const { counts, searchedTo } = await search.histogram(filter, step);
        expect(searchedTo).toBeNull();
        for (const { at, ok, error } of counts) {
          const within = expected.filter(({ createdAt }) => createdAt >= at && createdAt < at + step);
          expect([ok, error]).toEqual([
            within.filter(({ errorDetail }) => errorDetail === null).length,
            within.filter(({ errorDetail }) => errorDetail !== null).length,
          ]);
        }
        const { counts: facets } = await search.facets(filter);
        const tally = (of: (call: CallEntry) => string | null) => {
          const counted = new Map<string, number>();
          for (const call of expected) {
            const value = of(call);
            if (value !== null) counted.set(value, (counted.get(value) ?? 0) + 1);
          }
          return counted;
        };
        expect(facets.agent).toEqual(tally(({ agentId }) => agentId));
        expect(facets.error).toEqual(tally(({ errorDetail }) => errorDetail));
        expect(facets.payer).toEqual(tally(({ payerOrgId }) => payerOrgId));
        expect(facets.skill).toEqual(tally(({ skill }) => skill));
        expect(facets.entrance).toEqual(tally(({ entrance }) => entrance));
      }),
      { numRuns: 25 },
    );
  });
});
