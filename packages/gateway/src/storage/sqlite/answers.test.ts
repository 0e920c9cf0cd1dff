import { join } from "node:path";
import { getHeapSpaceStatistics } from "node:v8";
import { temporaryDirectory } from "@agentgate/testing";
import { expect, test } from "vitest";
import { SqliteThread } from "./sqlite-thread.ts";

const oldBytes = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space")!.space_used_size;

test("what a list answers page by page, beside other statements, is garbage before V8 takes it for what lasts", async () => {
  const directory = temporaryDirectory("sqlite");
  const file = join(directory.path, "test.db");
  const thread = await SqliteThread.open({ file, busyTimeoutMs: 1000, statementsMax: 4, queueMax: 8 });
  const rows = 200;
  const length = 500;
  const sql = `with recursive s(n) as (select 1 union all select n + 1 from s where n < ${rows})
    select n, hex(zeroblob(${length / 2})) as text from s`;
  const pages = 1_000;
  // What the thread has of its own lasts by now, as in a gateway that has started.
  await thread.run({}, [{ sql: "select 1", parameters: [] }]);
  for (let block = 0; block < 20_000; block++) new Array(1_000).fill(block);
  let lasting = 0;
  let before = oldBytes();
  for (let page = 0; page < pages; page++) {
    const answers = await Promise.all(
      [sql, ...Array(5).fill("select 1")].map((sql: string) => thread.run({}, [{ sql, parameters: [] }])),
    );
    expect(answers[0]![0]!.rows.length).toBe(rows);
    const now = oldBytes();
    lasting += Math.max(0, now - before);
    before = now;
  }
  await thread.close();
  directory.remove();
  expect(lasting).toBeLessThan((pages * rows * length) / 2);
});
