import { readFileSync } from "node:fs";
import { temporaryDirectory } from "@agentgate/testing";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { callEntry } from "../call-log/testing/index.ts";
import { systemClock } from "../runtime/index.ts";
import { directoryPlace } from "./directory-place.ts";
import { openParquetSink } from "./parquet-sink.ts";
import { idOf } from "./testing/index.ts";

const page = readFileSync(new URL("../../../../docs/analytics.md", import.meta.url), "utf8");
const queries = [...page.matchAll(/```sql duckdb\n([\s\S]*?)```/g)].map(([, query]) => query!);

test("the questions of docs/analytics.md are answered from the files that the gateway writes", async () => {
  const directory = temporaryDirectory("documented");
  const path = directory.path;
  const node = "3f2a9c1d-0000-4000-8000-000000000000";
  const sink = await openParquetSink({ name: "x", everyMs: 1, place: directoryPlace(path), node, clock: systemClock });
  const calls = Array.from({ length: 100 }, (_, n) =>
    callEntry({
      id: idOf(n),
      createdAt: BigInt(Date.UTC(2026, 10, 29, 12) + n * 900_000) * 1000n,
      payerOrgId: idOf(1_000),
      price: n % 10 === 0 ? 0n : 100_001n,
      errorDetail: n % 10 === 0 ? "timeout" : null,
    }),
  );
  // Some are there twice, as after a node has died.
  for (const some of [calls, calls.slice(0, 30)]) {
    const batch = sink.begin();
    await batch.add(some);
    await batch.deliver(new AbortController().signal);
  }
  await sink.close();
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const answers: Record<string, unknown>[][] = [];
  for (const query of queries) {
    const reader = await connection.runAndReadAll(
      query.replaceAll("/var/lib/agentgate/calls", path).replaceAll("/var/lib/agentgate", path),
    );
    answers.push(reader.getRowObjectsJson() as Record<string, unknown>[]);
  }
  expect(answers).toHaveLength(5);
  const [, byDay, paid, failures, copied] = answers;
  expect(byDay).toEqual([
    { day: "2026-11-29", calls: "48", errors: "5", p99_ms: 1 },
    { day: "2026-11-30", calls: "52", errors: "5", p99_ms: 1 },
  ]);
  expect(paid).toEqual([
    { payer_org_id: idOf(1_000), agent_id: calls[0]!.agentId, agent: "echo", calls: "90", dollars: "9.000090" },
  ]);
  expect(failures).toEqual([{ error_detail: "timeout", calls: "10", agent_ms: 0.8, gateway_ms: expect.closeTo(0.2) }]);
  expect(copied).toEqual([{ Count: "48" }]);
  directory.remove();
});
