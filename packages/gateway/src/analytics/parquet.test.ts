import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@agentgate/testing";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { LoggedCall } from "../call-log/index.ts";
import { callEntry } from "../call-log/testing/index.ts";
import { systemClock } from "../runtime/index.ts";
import { createTestStorage, testEngines } from "../storage/testing/index.ts";
import { columns } from "./columns.ts";
import { directoryPlace } from "./directory-place.ts";
import { openParquetSink } from "./parquet-sink.ts";
import { FastClock, fillLog, idOf, startSinkNode } from "./testing/index.ts";

const over = new AbortController().signal;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function directory(): string {
  const made = temporaryDirectory("parquet");
  cleanups.push(() => made.remove());
  return made.path;
}

/** Asks DuckDB, as somebody does who has the files and no gateway. */
async function ask(path: string, query: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run("set TimeZone = 'UTC'");
  const calls = `read_parquet('${path}/**/*.parquet', hive_partitioning = true)`;
  const reader = await connection.runAndReadAll(query.replaceAll("calls", calls));
  return reader.getRowObjectsJson() as Record<string, unknown>[];
}

const filesIn = (path: string): string[] =>
  readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".parquet"))
    .sort();

const sinkIn = (path: string, rowsMax?: number) =>
  openParquetSink({
    name: `parquet:${path}`,
    everyMs: 1_000,
    place: directoryPlace(path),
    node: "3f2a9c1d-0000-4000-8000-000000000000",
    clock: systemClock,
    rowsMax,
  });

async function write(path: string, calls: readonly LoggedCall[]): Promise<void> {
  const sink = await sinkIn(path);
  cleanups.push(() => sink.close());
  const batch = sink.begin();
  await batch.add(calls);
  await batch.deliver(over);
  await batch.discard();
}

test("a row keeps its types: money exact, times in UTC, what is missing null, and lies with its day", async () => {
  const path = directory();
  const createdAt = BigInt(Date.UTC(2026, 10, 30, 23, 59, 59, 999)) * 1000n + 999n;
  const full = callEntry({
    id: idOf(1),
    createdAt,
    price: 4_000_000_000_000_001n,
    errorDetail: null,
    eventCount: 3,
    contextId: 'a "quoted"\n\\ line',
    taskId: "nul\0lone\ud800",
    orgId: idOf(7),
  });
  await write(path, [full, callEntry({ id: idOf(2), createdAt: createdAt + 1n, price: null, errorDetail: "timeout" })]);
  const types = await ask(path, "describe select * exclude day from calls");
  expect(types.map(({ column_name, column_type }) => [column_name, column_type])).toEqual(
    columns.map(({ name, parquet }) => [name, parquet === "TIMESTAMPTZ" ? "TIMESTAMP WITH TIME ZONE" : parquet]),
  );
  const [first, second] = await ask(path, "select * from calls order by created_at");
  expect(first).toMatchObject({
    id: idOf(1),
    created_at: "2026-11-30 23:59:59.999999+00",
    day: "2026-11-30",
    price: "4000000000.000001",
    status: "success",
    error_detail: null,
    event_count: "3",
    context_id: 'a "quoted"\n\\ line',
    task_id: "nul\ufffdlone\ufffd",
    org_id: idOf(7),
    latency_us: "1000",
    http_status: 200,
  });
  expect(second).toMatchObject({ day: "2026-12-01", price: null, status: "error", error_detail: "timeout" });
  expect(filesIn(path).map((name) => name.replace(/\d{8}T\d{6}/, "TIME"))).toEqual([
    "day=2026-11-30/TIME-3f2a9c1d-000001.parquet",
    "day=2026-12-01/TIME-3f2a9c1d-000001.parquet",
  ]);
});

test("any text comes back as it was, but for what is none", async () => {
  const path = directory();
  const texts = fc.sample(fc.string({ unit: "binary", maxLength: 40 }), { numRuns: 300, seed: 1 });
  const calls = texts.map((text, n) => callEntry({ id: idOf(n), createdAt: BigInt(n), agentName: text, taskId: text }));
  await write(path, calls);
  const rows = await ask(path, "select agent_name, task_id from calls order by id");
  const told = texts.map((text) => text.toWellFormed().replaceAll("\0", "\ufffd"));
  expect(rows).toEqual(told.map((text) => ({ agent_name: text, task_id: text })));
});

test("what cannot be placed is tried again without a second file, and leaves nothing behind", async () => {
  const path = directory();
  const sink = await sinkIn(path);
  const batch = sink.begin();
  const days = [1, 2, 3].map((day) => BigInt(Date.UTC(2026, 10, day)) * 1000n);
  await batch.add(days.map((createdAt, n) => callEntry({ id: idOf(n), createdAt })));
  // A file stands where a directory has to be.
  writeFileSync(join(path, "day=2026-11-02"), "");
  await expect(batch.deliver(over)).rejects.toThrow();
  expect(filesIn(path)).toHaveLength(1);
  rmSync(join(path, "day=2026-11-02"));
  await batch.deliver(over);
  expect(filesIn(path)).toHaveLength(3);
  expect(await ask(path, "select count(*)::int as rows from calls")).toEqual([{ rows: 3 }]);
  await sink.close();
  expect(readdirSync(join(path, ".unfinished"))).toEqual([]);
});

describe.each(testEngines())("the log in Parquet, from %s", (engine) => {
  test("from its oldest row on, in files of a bounded size, each call once", async () => {
    const fixture = await createTestStorage(engine);
    cleanups.push(() => fixture.remove());
    const path = directory();
    const ids = await fillLog(fixture.storage, 0, 1_300);
    const node = await startSinkNode(fixture.storage, () => sinkIn(path, 500), new FastClock(4));
    cleanups.push(() => node.close());
    const rows = () => ask(path, "select id from calls order by id").catch(() => []);
    const patience = { timeout: 20_000, interval: 50 };
    await expect.poll(async () => (await rows()).length, patience).toBe(1_300);
    ids.push(...(await fillLog(fixture.storage, 1_300, 1_310)));
    await expect.poll(async () => (await rows()).length, patience).toBe(1_310);
    expect((await rows()).map(({ id }) => id)).toEqual(ids);
    // 300 of the calls were made before midnight.
    const days = await ask(
      path,
      "select day::varchar as day, count(*)::int as rows from calls group by all order by day",
    );
    expect(days).toEqual([
      { day: "2026-11-29", rows: 300 },
      { day: "2026-11-30", rows: 1_010 },
    ]);
  });
});
