import pg from "pg";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { systemRandom } from "../runtime/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../testing/index.ts";

const AGENTS = 30;
const CALLERS = 64;
/** PostgreSQL looks for a circle when somebody has waited for a second. */
const WAIT_MS_MAX = 900;
const unlimited = { rate_limit: 1e6, rate_burst: 1e6, tier: "enterprise" };

/** What locks rows on PostgreSQL, all at once: nobody waits for somebody who waits for him, or for long. */
export function testLocks({ seconds }: { seconds: number }): void {
  let gate: TestGateway;
  let agent: TestAgent;
  let watch: LockWatch;
  beforeEach(async () => {
    agent = await startAgent(({ body }, response) => {
      const { fails } = JSON.parse(body);
      response.writeHead(fails ? 500 : 200, { "content-type": "application/json" }).end('{"ok":1}');
    });
    gate = await startTestGateway("postgres");
    watch = await LockWatch.start(gate.config.databaseUrl!);
  });
  afterEach(async () => {
    await watch.stop();
    await gate.close();
    await agent.close();
  });
  const during = async (callers: number, work: (number: number) => Promise<void>) => {
    const until = Date.now() + seconds * 1000;
    const caller = async (number: number) => {
      while (Date.now() < until) await work(number);
    };
    await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
  };
  const anyOf = <T>(list: readonly T[]): T => list[Math.floor(systemRandom.fraction() * list.length)]!;

  /** Thirty priced agents of one organization, and another that pays. */
  const market = async () => {
    const owner = await gate.createOrg("owner", unlimited);
    const payer = await gate.createOrg("payer", unlimited);
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 1_000_000 });
    const fields = { url: agent.url, price_per_task: 0.001, org_id: owner.id };
    const ids: string[] = [];
    for (let n = 0; n < AGENTS; n++) ids.push((await gate.register({ ...fields, name: `agent-${n}` })).id);
    return { owner, payer, ids };
  };

  test.skipIf(!inject("postgresUrl"))("paid calls beside failing and admin calls of thirty agents", async () => {
    const { payer, ids } = await market();
    await during(CALLERS, async (number) => {
      const fails = number % 4 === 0;
      const key = number % 2 ? payer.key : undefined;
      const { status } = await gate.call("POST", `/agents/${anyOf(ids)}/task`, { fails }, key);
      expect(status).toBe(fails ? 502 : 200);
    });
    expect(await watch.deadlocks()).toBe(0);
    expect(watch.longestWaitMs).toBeLessThan(WAIT_MS_MAX);
  });

  test.skipIf(!inject("postgresUrl"))("a payment does not wait for whoever adds to the totals", async () => {
    const { payer, ids } = await market();
    const pay = () => gate.call("POST", `/agents/${ids[0]}/task`, {}, payer.key);
    await pay();
    const totals = "from usage_daily full join usage_orgs using (org_id) where usage_daily.org_id is not null";
    await expect.poll(async () => (await watch.client.query(`select 1 ${totals}`)).rowCount).toBe(1);
    await watch.client.query("begin");
    await watch.client.query("update usage_daily set invocations = invocations");
    await watch.client.query("update usage_orgs set invocations = invocations");
    expect((await pay()).status).toBe(200);
    const { body } = await gate.call("GET", `/agents/${ids[0]}/usage`);
    expect(body.total_invocations).toBe(2);
    await watch.client.query("rollback");
  });

  test.skipIf(!inject("postgresUrl"))("everything at once, on two nodes", async () => {
    const { owner, payer, ids } = await market();
    const nodes = [gate, await gate.another()];
    let made = 0;
    const call = async (method: string, path: string, body?: unknown, key?: string, headers = {}) => {
      const response = await fetch(anyOf(nodes).url + path, {
        method,
        headers: {
          authorization: `Bearer ${key ?? gate.config.apiKey}`,
          "content-type": "application/json",
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      // A database that ends a transaction because of a circle is counted below; it, and one that is slow on this machine, says the same.
      const isSlow = response.status === 503 && text.includes("The gateway's database is too busy right now");
      expect(isSlow ? 0 : response.status, `${method} ${path}: ${text}`).toBeLessThan(500);
      return JSON.parse(text || "null");
    };
    const month = new Date().toISOString().slice(0, 7);
    const works: (() => Promise<unknown>)[] = [
      () => call("POST", `/agents/${anyOf(ids)}/task`, {}, payer.key),
      () => call("POST", `/agents/${anyOf(ids)}/task`, {}),
      () => call("POST", `/agents/${anyOf(ids)}/task`, {}, payer.key, { "idempotency-key": `k${made++ % 500}` }),
      () => call("POST", `/orgs/${payer.id}/topup`, { amount: 1 }, undefined, { "idempotency-key": `t${made++ % 50}` }),
      () =>
        call("PUT", `/agents/${anyOf(ids)}`, {
          description: `d${made++}`,
          tags: [`t${made % 5}`, "a", `t${made % 3}`],
        }),
      () =>
        call(
          "POST",
          `/agents/${anyOf(ids)}/reviews`,
          { rating: 1 + (made++ % 5), comment: "x" },
          anyOf([owner, payer]).key,
        ),
      () => call("PUT", `/orgs/${owner.id}`, { billing_alert_threshold: 0.001 * ++made }),
      () => call("GET", `/agents/${anyOf(ids)}/usage/breakdown`),
      () => call("GET", `/agents/${anyOf(ids)}/logs`),
      () => call("GET", `/orgs/${owner.id}/billing`),
      () => call("GET", `/orgs/${payer.id}/statement?month=${month}&limit=5`),
      () => call("GET", "/agents/search?q=agent"),
      () => call("GET", "/admin/ledger/verify"),
      async () => {
        const { id, api_key } = await call("POST", "/orgs/", { name: `passing-${made++}`, ...unlimited });
        await call("POST", `/orgs/${id}/topup`, { amount: 1 });
        const passing = [0, 1, 2].map(() =>
          call(
            "POST",
            "/agents/",
            { name: "p", url: agent.url, price_per_task: 0.001, tags: [`t${made % 4}`, "a"] },
            api_key,
          ),
        );
        const agents = await Promise.all(passing);
        await Promise.all([
          ...agents.map((of) => call("POST", `/agents/${of.id}/task`, {}, payer.key)),
          ...agents.map((of) => call("PUT", `/agents/${of.id}`, { description: "changed" })),
          call("POST", `/orgs/${id}/rotate-key`),
          call("DELETE", `/agents/${agents[0].id}`),
          call("DELETE", `/orgs/${id}?force=true`),
        ]);
      },
    ];
    await during(16, async (number) => {
      await works[number < 8 ? number % 3 : Math.floor(systemRandom.fraction() * works.length)]!();
    });
    expect((await call("GET", "/admin/ledger/verify")).problems).toEqual([]);
    expect(await watch.deadlocks()).toBe(0);
  });
}

/** Looks every few milliseconds how long anybody has been waiting for a lock. */
class LockWatch {
  /** For statements of the test's own. */
  readonly client: pg.Client;
  longestWaitMs = 0;
  #stopped = false;
  #looking: Promise<void> = Promise.resolve();

  private constructor(client: pg.Client) {
    this.client = client;
  }

  static async start(databaseUrl: string): Promise<LockWatch> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const watch = new LockWatch(client);
    watch.#looking = watch.#look(databaseUrl);
    return watch;
  }

  async #look(databaseUrl: string): Promise<void> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    while (!this.#stopped) {
      const { rows } = await client.query(
        `select coalesce(max(extract(epoch from clock_timestamp() - waitstart)), 0)::float8 * 1000 as ms from pg_locks
         where not granted and database = (select oid from pg_database where datname = current_database())`,
      );
      this.longestWaitMs = Math.max(this.longestWaitMs, rows[0].ms);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await client.end();
  }

  /** What the server has counted for the database: a connection reports by its end at the latest, so all others are ended. */
  async deadlocks(): Promise<number> {
    this.#stopped = true;
    await this.#looking;
    const others = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    await this.client.query(`select pg_terminate_backend(pid, 5000) ${others}`);
    const count = "select deadlocks::int from pg_stat_database where datname = current_database()";
    return (await this.client.query(count)).rows[0].deadlocks;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#looking;
    await this.client.end();
  }
}
