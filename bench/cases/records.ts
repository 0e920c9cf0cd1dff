import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { hasPostgres, startPostgres, temporaryDirectory } from "@agentgate/testing";
import { sql } from "kysely";
import { DayPartitions } from "../../packages/gateway/src/call-log/keeping/day-partitions.ts";
import type { LogFilter } from "../../packages/gateway/src/call-log/search/log-filter.ts";
import { LogSearch } from "../../packages/gateway/src/call-log/search/log-search.ts";
import { silentLog, systemClock } from "../../packages/gateway/src/runtime/index.ts";
import { type ObservedStatement, openStorage, type Storage } from "../../packages/gateway/src/storage/index.ts";
import { atMost, type BenchCase } from "../harness/case.ts";
import { toRows } from "../harness/contenders.ts";
import { measureUpkeep, type Upkeep } from "../harness/log-upkeep.ts";
import { quantile } from "../harness/statistics.ts";

/** AGENTGATE_TEST_RECORDS makes it larger: 10000000 is what the target is about. */
const ROWS = Number(process.env.AGENTGATE_TEST_RECORDS ?? 1_000_000);
/** One engine alone: sqlite or postgres. */
const ENGINES = (["sqlite", "postgres"] as const).filter(
  (engine) => (process.env.AGENTGATE_TEST_RECORDS_ON ?? engine) === engine,
);
/** A directory in which the rows stay, for another run; it takes the databases to fill themselves otherwise. */
const KEPT = process.env.AGENTGATE_TEST_RECORDS_IN;
const ASKED = 100;
const FIRST_PAGE_MS = 100;
const STEP_MS = 100;
const DAY_MS = 86_400_000;
const DAYS = 30;
const CHUNK = 20_000;
const AGENTS = 200;
const ORGS = 50;

interface Measured {
  p50: number;
  p99: number;
  /** Of a hundred first pages, so many that the time was over for. */
  cut: number;
}

/** A month of calls: what a first page takes by each filter, in ranges of an hour, a day and all, and what counts take; and what one node does with them beside it. */
export const records: BenchCase = {
  name: "records",
  title: `the first page of ${ROWS.toLocaleString("en")} calls of ${DAYS} days by each filter in any range`,
  onDemand: true,
  async run({ progress }) {
    const results = new Map<string, Measured[]>();
    const worst = new Map<string, number>();
    const upkeep = new Map<string, Upkeep[]>();
    for (const engine of ENGINES) {
      if (engine === "postgres" && !hasPostgres()) continue;
      const directory = KEPT === undefined ? temporaryDirectory("bench-records") : keptDirectory(KEPT, engine);
      const at = KEPT === undefined ? undefined : join(directory.path, "cluster");
      const postgres = engine === "postgres" ? await startPostgres({ at }) : undefined;
      const location = { dataDirectory: directory.path, databaseUrl: postgres?.url };
      let told: (statement: ObservedStatement) => void = () => {};
      const onStatement = (statement: ObservedStatement) => told(statement);
      const storage = await openStorage({ ...location, clock: systemClock, log: silentLog, onStatement });
      try {
        const filled = join(directory.path, `filled-${ROWS}`);
        if (!existsSync(filled)) {
          progress(`${engine}: ${ROWS} rows`);
          await fill(storage, Math.floor(Date.now() / DAY_MS) * DAY_MS - (DAYS - 1) * DAY_MS);
          writeFileSync(filled, "");
        }
        const startMs = await firstDayOf(storage);
        const search = new LogSearch({ storage, clock: systemClock });
        for (const [name, filter] of filters) {
          progress(`${engine}: ${name}`);
          const measured = await measure(search, firstPage, filter, startMs);
          results.set(`${engine}, ${name}`, [measured]);
          worst.set(engine, Math.max(worst.get(engine) ?? 0, measured.p99));
        }
        // Of each question another filter.
        const anyFilter = (n: number) => filters[n % filters.length]![1](n);
        for (const [name, ask] of Object.entries(counts)) {
          progress(`${engine}: ${name}`);
          const measured = await measure(search, ask, anyFilter, startMs);
          results.set(`${engine}, ${name} by all filters`, [measured]);
          worst.set(`${engine}, ${name}`, measured.p99);
        }
        progress(`${engine}: what one node at a time does`);
        const watch = (onTold: typeof told) => {
          told = onTold;
          return () => {
            told = () => {};
          };
        };
        for (const [what, took] of await measureUpkeep(storage, startMs, DAYS, watch))
          upkeep.set(`${engine}, ${what}`, [took]);
      } finally {
        await storage.close();
        await postgres?.stop();
        directory.remove();
      }
    }
    return {
      rows: [
        ...toRows(results, { "p50 ms": ({ p50 }) => p50, "p99 ms": ({ p99 }) => p99, "cut %": ({ cut }) => cut }),
        ...toRows(upkeep, {
          ...{ "p50 ms": ({ p50 }: Upkeep) => p50, "p99 ms": ({ p99 }: Upkeep) => p99 },
          ...{ "longest ms": ({ longest }: Upkeep) => longest, statements: ({ statements }: Upkeep) => statements },
        }),
      ],
      targets: [
        ...[...worst].map(([engine, ms]) => atMost(`p99 of the slowest, ${engine}`, FIRST_PAGE_MS, "ms", ms)),
        ...[...upkeep].map(([what, [took]]) => atMost(`the longest statement, ${what}`, STEP_MS, "ms", took!.longest)),
      ],
      notes: [`${ROWS} rows, ${AGENTS} agents of ${ORGS} organizations; ${ASKED} questions each, one after the other`],
      objections: [],
    };
  },
};

function keptDirectory(parent: string, engine: string) {
  const path = resolve(process.env.INIT_CWD ?? ".", parent, engine);
  mkdirSync(path, { recursive: true });
  return { path, remove: () => {} };
}

/** Each run forgets the oldest day. */
async function firstDayOf({ db }: Storage): Promise<number> {
  const { rows } = await sql<{ first: bigint }>`select min(created_at) as first from call_log`.execute(db);
  return Math.floor(Number(rows[0]!.first) / 1000 / DAY_MS) * DAY_MS;
}

const uuid = (kind: number, n: number) => `0000000${kind}-0000-4000-8000-${`${n}`.padStart(12, "0")}`;
type Asked = Omit<LogFilter, "from" | "to">;
const filters: [name: string, filterOf: (n: number) => Asked][] = [
  ["everything", () => ({ role: "owner" })],
  ["an owner", (n) => ({ role: "owner", orgId: uuid(2, n % ORGS) })],
  ["a payer", (n) => ({ role: "payer", orgId: uuid(2, n % ORGS) })],
  ["an agent", (n) => ({ role: "owner", agentIds: [uuid(1, n % AGENTS)] })],
  [
    "fifty agents",
    (n) => ({ role: "owner", agentIds: Array.from({ length: 50 }, (_, at) => uuid(1, (n + at * 3) % AGENTS)) }),
  ],
  ["failures", () => ({ role: "owner", status: "error" })],
  ["a rare failure of an owner", (n) => ({ role: "owner", orgId: uuid(2, n % ORGS), errors: ["http_599"] })],
  ["a rare failure of anybody", () => ({ role: "owner", errors: ["http_599"] })],
  ["a failure that nobody had", () => ({ role: "owner", errors: ["none"] })],
  ["slow calls of an agent", (n) => ({ role: "owner", agentIds: [uuid(1, n % AGENTS)], latencyMicrosMin: 990_000n })],
  ["a trace", (n) => ({ role: "owner", traceId: `${n * 1_000}`.padStart(32, "0") })],
  ["a task of an owner", (n) => ({ role: "owner", orgId: uuid(2, n % ORGS), taskId: `task-${n * 1_000}` })],
  ["a skill", () => ({ role: "owner", skills: ["skill-3"] })],
  ["a rare skill of an owner", (n) => ({ role: "owner", orgId: uuid(2, n % ORGS), skills: ["rare"] })],
  ["a request", (n) => ({ role: "owner", requestId: `request-${n * 1_000}` })],
  ["a context of an owner", (n) => ({ role: "owner", orgId: uuid(2, n % ORGS), contextId: `context-${n * 100}` })],
  ["what a call's agent called", (n) => ({ role: "owner", parentId: uuid(4, n * 1_000) })],
  ["a payer's key", (n) => ({ role: "payer", orgId: uuid(2, n % ORGS), keyId: uuid(5, n % ORGS) })],
  ["a rare entrance", () => ({ role: "owner", entrances: ["ucp"] })],
  ["all but the usual", () => ({ role: "owner", notEntrances: ["rest"], notErrors: ["timeout"] })],
  [
    "an agent's failures, slow, for a skill, by an address",
    (n) => ({
      ...{ role: "owner", orgId: uuid(2, (n * 7) % ORGS), agentIds: [uuid(1, (n * 7) % AGENTS)], status: "error" },
      ...{ latencyMicrosMin: 900_000n, skills: ["skill-3"], callerIp: "192.0.2.9" },
    }),
  ],
  ["an address", () => ({ role: "owner", callerIp: "192.0.2.200" })],
];

/** One question, and whether its time was over before all was looked at. */
type Ask = (search: LogSearch, filter: LogFilter) => Promise<boolean>;
const firstPage: Ask = async (search, filter) => (await search.page(filter, { limit: 50 })).searchedTo !== null;
const counts: Readonly<Record<string, Ask>> = {
  histogram: async (search, filter) => {
    const stepMicros = ((filter.to - filter.from) / 100n / 60_000_000n + 1n) * 60_000_000n;
    return (await search.histogram(filter, stepMicros)).searchedTo !== null;
  },
  facets: async (search, filter) => (await search.facets(filter)).searchedTo !== null,
};

async function measure(
  search: LogSearch,
  ask: Ask,
  filterOf: (n: number) => Asked,
  startMs: number,
): Promise<Measured> {
  const ranges = [DAYS * DAY_MS, DAY_MS, 3_600_000];
  const times: number[] = [];
  let cut = 0;
  for (let n = 0; n < ASKED; n++) {
    const length = ranges[n % ranges.length]!;
    const beginMs = startMs + (((n * 7919) % 100) / 100) * (DAYS * DAY_MS - length);
    const range = { from: BigInt(Math.floor(beginMs)) * 1000n, to: BigInt(Math.floor(beginMs + length)) * 1000n };
    const began = performance.now();
    const isCut = await ask(search, { ...filterOf(n), ...range });
    times.push(performance.now() - began);
    if (isCut) cut++;
  }
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), cut: (cut / ASKED) * 100 };
}

/** Writes the rows as fast as the database makes them up. */
async function fill(storage: Storage, startMs: number): Promise<void> {
  const isPostgres = storage.engine === "postgres";
  if (isPostgres) {
    for (let day = 0; day < DAYS; day += 4) {
      const clock = Object.assign(Object.create(systemClock), { now: () => startMs + day * DAY_MS });
      await new DayPartitions({ storage, clock, log: silentLog }).ensure();
    }
  }
  const stepMicros = Math.floor((DAYS * DAY_MS * 1000) / ROWS);
  const random = isPostgres ? "gen_random_uuid()::text" : UUID_IN_SQLITE;
  const padded = (kind: number, n: string) =>
    `'0000000${kind}-0000-4000-8000-' || ${isPostgres ? `lpad((${n})::text, 12, '0')` : `printf('%012d', ${n})`}`;
  const trace = isPostgres ? "lpad(n::text, 32, '0')" : "printf('%032d', n)";
  for (let from = 0; from < ROWS; from += CHUNK) {
    const to = Math.min(ROWS, from + CHUNK);
    const numbers = isPostgres
      ? `select n from generate_series(${from}::bigint, ${to - 1}::bigint) as n`
      : `select value as n from numbers`;
    const before = isPostgres
      ? ""
      : `with recursive numbers(value) as (select ${from} union all select value + 1 from numbers where value < ${to - 1}) `;
    const text = `insert into call_log (id, request_id, agent_id, agent_name, org_id, payer_org_id, caller_ip, task_id, status,
      error_detail, latency_us, created_at, entrance, protocol, http_status, asked_us, agent_us, first_byte_us, request_bytes,
      response_bytes, price, trace_id, skill, context_id, parent_id, key_id) ${before}
      select ${random}, 'request-' || n, ${padded(1, `n * 7 % ${AGENTS}`)}, 'an-agent', ${padded(2, `n * 7 % ${ORGS}`)},
        case when n % 10 = 0 then ${padded(2, `n / 10 % ${ORGS}`)} end, '192.0.2.' || (n % 199), 'task-' || n,
        case when n % 50 = 1 then 'error' else 'success' end,
        case when n % 100001 = 1 then 'http_599' when n % 50 = 1 then 'timeout' end, n * 37 % 1000 * 1000,
        ${startMs * 1000} + n * ${stepMicros}, case when n % 100019 = 3 then 'ucp' else 'rest' end, 'plain', 200, 150, 4000, 3900, 70, 110, 0, ${trace},
        case when n % 100003 = 2 then 'rare' when n % 3 = 0 then 'skill-' || (n % 40) end,
        case when n % 2 = 0 then 'context-' || (n / 10) end, case when n % 20 = 5 then ${padded(4, "n / 100 * 100")} end,
        case when n % 10 = 0 then ${padded(5, `n / 10 % ${ORGS}`)} end
      from (${numbers}) as made`;
    await storage.batch([{ sql: text, parameters: [] }]);
  }
  if (!isPostgres) return;
  // Each for itself: no statement may take longer than ten seconds.
  for (const { table } of await new DayPartitions({ storage, clock: systemClock, log: silentLog }).list()) {
    await storage.batch([{ sql: `analyze ${table}`, parameters: [] }]);
  }
}

const UUID_IN_SQLITE =
  "lower(hex(randomblob(4))||'-'||hex(randomblob(2))||'-4'||substr(hex(randomblob(2)),2)||'-a'||substr(hex(randomblob(2)),2)||'-'||hex(randomblob(6)))";
