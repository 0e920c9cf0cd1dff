import { afterEach, expect, test } from "vitest";
import { callEntry } from "../call-log/testing/index.ts";
import { openOutbound } from "../outbound/index.ts";
import { silentLog, systemClock } from "../runtime/index.ts";
import { createTable } from "./clickhouse-table.ts";
import { columns } from "./columns.ts";
import type { LogSink } from "./sink.ts";
import { clickHouseAt, idOf, type ScriptedClickHouse, startScriptedClickHouse } from "./testing/index.ts";

const over = new AbortController().signal;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setUp(options: { timeoutMs?: number } = {}): Promise<{ end: ScriptedClickHouse; sink: LogSink }> {
  const end = await startScriptedClickHouse();
  const sink = await clickHouseAt(end.host, options)(systemClock);
  cleanups.push(end.close, () => sink.close());
  return { end, sink };
}

async function batchOf(sink: LogSink, ...numbers: number[]) {
  const batch = sink.begin();
  await batch.add(numbers.map((n) => callEntry({ id: idOf(n), createdAt: BigInt(n) })));
  return batch;
}

test("the table is made once, and again when somebody drops it", async () => {
  const { end, sink } = await setUp();
  await (await batchOf(sink, 1)).deliver(over);
  await (await batchOf(sink, 2)).deliver(over);
  const made = () => end.statements.filter((statement) => statement.startsWith("CREATE")).length;
  expect(made()).toBe(1);
  expect(end.rows.map(({ id }) => id)).toEqual([idOf(1), idOf(2)]);
  expect([...end.credentials]).toEqual(["writer:secret"]);
  end.script = ["refuses"];
  const third = await batchOf(sink, 3);
  await expect(third.deliver(over)).rejects.toThrow("Too many parts");
  await third.deliver(over);
  const lookedAt = end.statements.filter((statement) => statement.includes("system.columns"));
  expect([made(), lookedAt.length, end.rows.length]).toEqual([1, 2, 3]);
});

test("a table of an earlier version gets the columns that it lacks", async () => {
  const { end, sink } = await setUp();
  end.statements = [];
  // Any but the first are added to one that has `id` alone.
  const first = await startScriptedClickHouse((statement) => {
    end.statements.push(statement);
    return statement.includes("system.columns") ? '{"name":"id"}' : "";
  });
  cleanups.push(first.close);
  const older = await clickHouseAt(first.host)(systemClock);
  cleanups.push(() => older.close());
  await (await batchOf(older, 1)).deliver(over);
  const altered = end.statements.filter((statement) => statement.startsWith("ALTER"));
  expect(altered).toHaveLength(1);
  for (const { name, clickhouse } of columns.slice(1)) {
    expect(altered[0]).toContain(`ADD COLUMN IF NOT EXISTS \`${name}\` ${clickhouse}`);
  }
  expect(end.statements.some((statement) => statement.startsWith("CREATE"))).toBe(false);
  await sink.close();
});

test.each([
  ["hangs", "did not answer within 1 s"],
  ["is no ClickHouse", "is no ClickHouse"],
  ["writes and fails", "Timeout exceeded"],
  ["writes and breaks off", /aborted|hang up|ECONNRESET|premature/i],
  ["writes half", /hang up|ECONNRESET/],
] as const)("an end that %s has not taken it, and the sink says so", async (behaviour, said) => {
  const { end, sink } = await setUp({ timeoutMs: 900 });
  end.script = [behaviour];
  const batch = await batchOf(sink, 1, 2);
  const error = await batch.deliver(over).then(
    () => expect.unreachable(),
    (error) => error,
  );
  expect(sink.describe(error)).toMatch(said);
  await batch.deliver(over);
  expect(new Set(end.rows.map(({ id }) => id)).size).toBe(2);
});

test("whoever stops does not wait for an end that hangs", async () => {
  const { end, sink } = await setUp();
  end.script = ["hangs"];
  const shift = new AbortController();
  const delivered = (await batchOf(sink, 1)).deliver(shift.signal);
  await expect.poll(() => end.inserts).toBe(1);
  shift.abort();
  await expect(delivered).rejects.toThrow("cut off");
});

test("what it says has no password in it", async () => {
  const { sink } = await setUp();
  expect(sink.describe(new Error("wrong: secret!"))).toBe("wrong: ••••••••!");
});

test("cloud metadata stays closed, by address and by whatever leads there", async () => {
  const settings = { allowPrivateNetworks: true, allowedAddresses: [], answerBytesMax: 1_000_000 };
  const outbound = openOutbound({ settings, clock: systemClock, log: silentLog, gauge() {} });
  const { request } = await import("node:http");
  const agent = outbound.operatorAgent("http:");
  const error = await new Promise<Error>((resolve) => {
    request({ host: "169.254.169.254", agent }).on("error", resolve).end();
  });
  expect(error.message).toContain("cloud metadata");
  agent.destroy();
});

test("money is decimal, kinds are few, calls are one by their key", () => {
  const statement = createTable({ database: "logs", table: "calls" });
  expect(statement).toContain("CREATE TABLE IF NOT EXISTS `logs`.`calls`");
  expect(statement).toContain("`price` Nullable(Decimal(18, 6))");
  expect(statement).toContain("ReplacingMergeTree(exported_at)");
  expect(statement).toContain("PARTITION BY toDate(created_at)");
});
