import { expect } from "vitest";
import { ADMIN_KEY, serveNode, startAgent } from "../testing/index.ts";

export interface UnwellDatabase {
  location: { dataDirectory: string; databaseUrl?: string };
  /** Takes the writes away, and answers how to give them back. */
  takeWrites(pid: number): Promise<() => Promise<void>>;
  /** Some writes still find room. */
  isPartly?: boolean;
}

/**
 * A gateway whose database takes no writes says so with 503 and is not ready; free calls go on; the money is right; it comes back by
 * itself when the database does.
 */
export async function expectHonesty({ location, takeWrites, isPartly = false }: UnwellDatabase): Promise<void> {
  const agent = await startAgent();
  const node = await serveNode({
    AGENTGATE_API_KEY: ADMIN_KEY,
    AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
    AGENTGATE_RATE_LIMIT: "1000000",
    AGENTGATE_TOPUP: "open",
    // How long what is put aside for a call stays so at most.
    AGENTGATE_TASK_TIMEOUT_MS: "5000",
    AGENTGATE_SETTLE_MARGIN_MS: "5000",
    AGENTGATE_DATA_DIR: location.dataDirectory,
    ...(location.databaseUrl && { DATABASE_URL: location.databaseUrl }),
  });
  try {
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

    const giveBack = await takeWrites(node.child.pid!);
    let refused = await pay();
    // What is left in a file may be enough for some.
    for (let n = 0; refused.status === 200 && n < 90; n++) refused = await pay();
    expect(refused.status).toBe(503);
    expect(refused.body.detail).toMatch(/^The (gateway|agent answered)/);
    expect(refused.body.detail).not.toMatch(/sqlite|postgres|tablespace|disk I\/O/i);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    const topup = await call("POST", `/orgs/${payer.id}/topup`, { amount: 1 });
    const toppedUp = isPartly && topup.status === 200 ? 1 : 0;
    if (!toppedUp) expect([topup.status, topup.headers.has("retry-after")]).toEqual([503, true]);
    await expect.poll(ready).toBe(503);
    for (let n = 0; n < 5; n++) expect((await call("POST", `/agents/${free.id}/task`, {})).status).toBe(200);
    for (const [method, path, body] of [
      ["GET", `/agents/${free.id}/logs`, undefined],
      ["PUT", `/orgs/${payer.id}`, { name: "renamed" }],
      ["POST", "/agents/", { name: "n", url: agent.url }],
    ] as const) {
      const { status, headers } = await call(method, path, body);
      if (isPartly && status < 300) continue;
      expect({ path, status, retry: headers.get("retry-after") !== null }).toEqual({
        path,
        status: 503,
        retry: true,
      });
    }

    await giveBack();
    await expect.poll(ready).toBe(200);
    await expect.poll(async () => (await pay()).status).toBe(200);
    // What was put aside for a call whose payment could not be taken is free again by its own deadline.
    const wallet = async () => (await call("GET", `/orgs/${payer.id}/wallet`)).body;
    await expect.poll(async () => (await wallet()).held).toBe(0);
    expect((await wallet()).balance).toBe(100 + toppedUp - charged);
    expect((await call("GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true });
    const month = new Date().toISOString().slice(0, 7);
    const { reconciliation } = (await call("GET", `/orgs/${payer.id}/statement?month=${month}`)).body;
    expect(reconciliation).toEqual({ ledger_tasks: charged, logged_tasks: charged, reconciled: true });
    await expect.poll(async () => (await call("GET", `/agents/${free.id}/logs`)).body).toHaveLength(5);
  } finally {
    node.child.kill("SIGKILL");
    await node.exited;
    await agent.close();
  }
}
