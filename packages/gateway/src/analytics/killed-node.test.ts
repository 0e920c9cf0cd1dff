import { afterEach, describe, expect, test } from "vitest";
import { createDatabase, testEngines } from "../storage/testing/index.ts";
import { ADMIN_KEY, type ServedNode, serveNode, startAgent, textTask } from "../testing/index.ts";
import { startScriptedClickHouse } from "./testing/index.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const PATIENCE = { timeout: 60_000, interval: 50 };
const headers = { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" };
const request = async (url: string, method: string, path: string, body?: unknown): Promise<any> => {
  const response = await fetch(url + path, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return response.json();
};

describe.each(testEngines())("a node that is killed while it writes the log to a sink, on %s", (engine) => {
  test("leaves nothing out: another goes on, or it does itself", { timeout: 180_000 }, async () => {
    const database = await createDatabase(engine);
    cleanups.push(() => database.remove());
    const end = await startScriptedClickHouse();
    cleanups.push(() => end.close());
    const agent = await startAgent();
    cleanups.push(() => agent.close());
    const { databaseUrl, dataDirectory } = database.location;
    const serve = async (): Promise<ServedNode> => {
      const node = await serveNode({
        ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
        AGENTGATE_DATA_DIR: dataDirectory,
        AGENTGATE_API_KEY: ADMIN_KEY,
        AGENTGATE_SECRET_KEY: "0123456789abcdef0123",
        AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
        AGENTGATE_RATE_LIMIT: "1000000",
        AGENTGATE_RATE_BURST: "1000000",
        AGENTGATE_LOG_SINK: `clickhouse://${end.host}/calls?seconds=1`,
      });
      cleanups.push(() => node.child.kill("SIGKILL"));
      return node;
    };
    const doomed = await serve();
    const { id } = await request(doomed.url, "POST", "/agents/", { name: "echo", url: agent.url });
    const call = (url: string) => request(url, "POST", `/agents/${id}/task`, textTask("x"));
    for (let n = 0; n < 40; n++) await call(doomed.url);
    await expect.poll(() => end.rows.length, PATIENCE).toBeGreaterThanOrEqual(40);
    // All of the next batch is written, and nobody is told so before the node is gone.
    end.script = ["writes and hangs"];
    const inserts = end.inserts;
    for (let n = 0; n < 40; n++) await call(doomed.url);
    await expect.poll(() => end.inserts, PATIENCE).toBeGreaterThan(inserts);
    await expect.poll(() => end.rows.length, PATIENCE).toBeGreaterThan(40);
    doomed.child.kill("SIGKILL");
    await doomed.exited;
    const other = await serve();
    for (let n = 0; n < 20; n++) await call(other.url);
    const logged = async (): Promise<string[]> => {
      const { entries } = await request(other.url, "GET", "/logs?limit=200");
      return entries.map((entry: { id: string }) => entry.id).sort();
    };
    const written = () => [...new Set(end.rows.map((row) => row.id as string))].sort();
    await expect.poll(async () => (await logged()).length, PATIENCE).toBeGreaterThanOrEqual(60);
    await expect.poll(async () => JSON.stringify(written()) === JSON.stringify(await logged()), PATIENCE).toBe(true);
    expect(end.rows.length).toBeGreaterThan(written().length);
    const [sink] = (await request(other.url, "GET", "/log-sinks")).entries;
    expect(sink).toMatchObject({
      name: `clickhouse://${end.host}/calls/agentgate_calls`,
      lives: true,
      lost: 0,
      trouble: null,
    });
  });
});
