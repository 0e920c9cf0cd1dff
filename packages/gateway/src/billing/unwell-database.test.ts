import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "@agentgate/testing";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { createEmptyDatabase, testEngines } from "../storage/testing/index.ts";
import { ADMIN_KEY, type ServedNode, serveNode, startAgent, type TestAgent } from "../testing/index.ts";

describe.each(testEngines())("a gateway whose database takes no writes on %s", (engine) => {
  let database: Awaited<ReturnType<typeof createEmptyDatabase>>;
  let agent: TestAgent;
  let node: ServedNode;
  afterEach(async () => {
    node.child.kill("SIGKILL");
    await node.exited;
    await agent.close();
    await database.remove();
  });

  /** Takes the writes away, and answers how to give them back: a file may not grow any more, or a database is read only. */
  const takeWrites = async (): Promise<() => Promise<void>> => {
    if (engine === "postgres") return readOnly(database.location.databaseUrl!);
    const { dataDirectory } = database.location;
    const sizes = readdirSync(dataDirectory).map((name) => statSync(join(dataDirectory, name)).size);
    const limit = (bytes: string) => execFileSync("prlimit", [`--pid=${node.child.pid}`, `--fsize=${bytes}:unlimited`]);
    limit(`${Math.max(...sizes)}`);
    return async () => void limit("unlimited");
  };

  test.skipIf(engine === "sqlite" && !findProgram("prlimit"))(
    "says so with 503 and is not ready; free calls go on; the money is right; it comes back by itself",
    async () => {
      database = await createEmptyDatabase(engine);
      agent = await startAgent();
      node = await serveNode({
        AGENTGATE_API_KEY: ADMIN_KEY,
        AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
        AGENTGATE_RATE_LIMIT: "1000000",
        AGENTGATE_TOPUP: "open",
        AGENTGATE_DATA_DIR: database.location.dataDirectory,
        ...(database.location.databaseUrl && { DATABASE_URL: database.location.databaseUrl }),
      });
      const call = async (method: string, path: string, body?: unknown, key = ADMIN_KEY) => {
        const response = await fetch(node.url + path, {
          method,
          headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        const text = await response.text();
        return { status: response.status, headers: response.headers, body: JSON.parse(text) };
      };
      const payer = (await call("POST", "/orgs/", { name: "payer", rate_limit: 1e6, rate_burst: 1e6 })).body;
      await call("POST", `/orgs/${payer.id}/topup`, { amount: 100 });
      const priced = (await call("POST", "/agents/", { name: "a", url: agent.url, price_per_task: 1 })).body;
      const free = (await call("POST", "/agents/", { name: "f", url: agent.url })).body;
      let charged = 0;
      const pay = async () => {
        const answer = await call("POST", `/agents/${priced.id}/task`, {}, payer.api_key);
        if (answer.status === 200) charged++;
        return answer;
      };
      const ready = async () => (await call("GET", "/health/ready")).status;
      expect((await pay()).status).toBe(200);
      expect(await ready()).toBe(200);

      const giveBack = await takeWrites();
      let refused = await pay();
      // What is left in a file may be enough for some.
      for (let n = 0; refused.status === 200 && n < 90; n++) refused = await pay();
      expect(refused.status).toBe(503);
      expect(refused.body.detail).toMatch(/^The gateway/);
      expect(refused.body.detail).not.toMatch(/sqlite|postgres|transaction|disk I\/O/i);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      const topup = await call("POST", `/orgs/${payer.id}/topup`, { amount: 1 });
      expect(topup.status).toBe(503);
      expect(topup.headers.get("retry-after")).toBeTruthy();
      await expect.poll(ready).toBe(503);
      for (let n = 0; n < 5; n++) expect((await call("POST", `/agents/${free.id}/task`, {})).status).toBe(200);
      for (const [method, path, body] of [
        ["GET", `/agents/${free.id}/logs`, undefined],
        ["PUT", `/orgs/${payer.id}`, { name: "renamed" }],
        ["POST", "/agents/", { name: "n", url: agent.url }],
      ] as const) {
        const { status, headers } = await call(method, path, body);
        expect({ path, status, retry: headers.get("retry-after") !== null }).toEqual({
          path,
          status: 503,
          retry: true,
        });
      }

      await giveBack();
      await expect.poll(ready).toBe(200);
      await expect.poll(async () => (await pay()).status).toBe(200);
      expect((await call("GET", `/orgs/${payer.id}/wallet`)).body).toMatchObject({ balance: 100 - charged, held: 0 });
      expect((await call("GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true });
      const month = new Date().toISOString().slice(0, 7);
      const { reconciliation } = (await call("GET", `/orgs/${payer.id}/statement?month=${month}`)).body;
      expect(reconciliation).toEqual({ ledger_tasks: charged, logged_tasks: charged, reconciled: true });
      await expect.poll(async () => (await call("GET", `/agents/${free.id}/logs`)).body).toHaveLength(5);
    },
  );
});

async function readOnly(databaseUrl: string): Promise<() => Promise<void>> {
  const execute = async (statements: (name: string) => string[]) => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query("set session characteristics as transaction read write");
    const { rows } = await client.query("select current_database() as name");
    for (const statement of statements(rows[0].name)) await client.query(statement);
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    await client.end();
  };
  await execute((name) => [`alter database ${name} set default_transaction_read_only = on`]);
  return () => execute((name) => [`alter database ${name} reset default_transaction_read_only`]);
}
