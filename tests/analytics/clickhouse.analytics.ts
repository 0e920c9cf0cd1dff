import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTable } from "../../packages/gateway/src/analytics/clickhouse-table.ts";
import { columns } from "../../packages/gateway/src/analytics/columns.ts";
import {
  clickHouseAt,
  type Execute,
  idOf,
  type ScriptedClickHouse,
  startScriptedClickHouse,
} from "../../packages/gateway/src/analytics/testing/index.ts";
import { callEntry } from "../../packages/gateway/src/call-log/testing/index.ts";
import { systemClock } from "../../packages/gateway/src/runtime/index.ts";
import { copyInto, prepared, run, sourceOf } from "../interop/toolchain.ts";

interface Session {
  query(query: string, format?: string): string;
  cleanup(): void;
}

const over = new AbortController().signal;
const documented = readFileSync(new URL("../../docs/analytics.md", import.meta.url), "utf8");
const questions = [...documented.matchAll(/```sql clickhouse\n([\s\S]*?)```/g)].map(([, query]) => query!);

/** chDB is ClickHouse's engine in a library; it is there for some machines, and half a gigabyte. */
describe.skipIf(process.platform !== "linux" || process.arch !== "x64")("ClickHouse's own engine", () => {
  let session: Session;
  let end: ScriptedClickHouse;
  /** What the gateway writes goes into the engine as it comes. */
  let execute: Execute;

  beforeAll(async () => {
    const source = sourceOf("../analytics/chdb");
    const directory = await prepared("chdb", [join(source, "package.json")], async (made) => {
      copyInto(made, source);
      await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], made);
    });
    const chdb = createRequire(join(directory, "package.json")).resolve("chdb");
    const { Session } = (await import(pathToFileURL(chdb).href)) as { Session: new () => Session };
    session = new Session();
    session.query("CREATE DATABASE analytics");
    execute = (statement, body) => {
      const settings = statement.startsWith("INSERT")
        ? statement.replace(
            " FORMAT",
            " SETTINGS date_time_input_format = 'best_effort', input_format_skip_unknown_fields = 1 FORMAT",
          )
        : statement;
      return session.query(`${settings}\n${body}`, "JSONEachRow");
    };
    end = await startScriptedClickHouse((statement, body) => execute(statement, body));
  }, 300_000);
  afterAll(async () => {
    await end?.close();
    session?.cleanup();
  });

  const ask = (query: string): any[] =>
    session
      .query(query, "JSONEachRow")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));

  test("makes the table, takes rows twice, and counts each call once with its money exact", async () => {
    const sink = await clickHouseAt(end.host, { database: "analytics" })(systemClock);
    const createdAt = BigInt(Date.UTC(2026, 10, 30, 23, 59, 59, 999)) * 1000n + 999n;
    const calls = Array.from({ length: 200 }, (_, n) =>
      callEntry({
        id: idOf(n),
        createdAt: createdAt + BigInt(n),
        price: n % 10 === 0 ? 0n : 4_000_000_000_000_001n,
        errorDetail: n % 10 === 0 ? "timeout" : null,
        contextId: 'a "quoted"\n\\ line',
        taskId: n % 3 === 0 ? "nul\0lone\ud800" : null,
      }),
    );
    for (const some of [calls, calls.slice(0, 50)]) {
      const batch = sink.begin();
      await batch.add(some);
      await batch.deliver(over);
    }
    await sink.close();
    expect(ask("SELECT name, type FROM system.columns WHERE table = 'agentgate_calls'")).toEqual(
      columns.map(({ name, clickhouse }) => ({ name, type: clickhouse })),
    );
    const [sums] = ask(
      "SELECT toString(count()) AS rows, toString(sum(price)) AS dollars, toString(uniqExact(toDate(created_at))) AS days FROM analytics.agentgate_calls FINAL",
    );
    expect(sums).toEqual({ rows: "200", dollars: "720000000000.00018", days: "2" });
    const [first] = ask(`SELECT * FROM analytics.agentgate_calls FINAL WHERE id = '${idOf(0)}'`);
    expect(first).toMatchObject({
      created_at: "2026-11-30 23:59:59.999999",
      status: "error",
      error_detail: "timeout",
      context_id: 'a "quoted"\n\\ line',
      task_id: "nul\ufffdlone\ufffd",
      org_id: null,
    });
    session.query("OPTIMIZE TABLE analytics.agentgate_calls FINAL");
    expect(ask("SELECT toInt32(count()) AS rows FROM analytics.agentgate_calls")).toEqual([{ rows: 200 }]);
  });

  test("answers what docs/analytics.md asks it", () => {
    expect(questions).toHaveLength(3);
    const [hours, dollars] = questions.map((question) => ask(question));
    expect(hours).toHaveLength(2);
    expect(dollars).toHaveLength(1);
    expect(ask("SELECT toInt32(count()) AS rows FROM analytics.agentgate_calls")).toEqual([{ rows: 200 }]);
  });

  test("adds to a table of an earlier version what it lacks", async () => {
    const statement = createTable({ database: "analytics", table: "earlier" });
    session.query(statement.replace(/`request_id`[^\n]*\n\s*/, ""));
    const sink = await clickHouseAt(end.host, { database: "analytics", table: "earlier" })(systemClock);
    const batch = sink.begin();
    await batch.add([callEntry({ id: idOf(1), createdAt: 1n, requestId: "req_1" })]);
    await batch.deliver(over);
    await sink.close();
    expect(ask("SELECT request_id FROM analytics.earlier")).toEqual([{ request_id: "req_1" }]);
  });
});
