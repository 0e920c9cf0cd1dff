import { existsSync, globSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@agentgate/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createEmptyDatabase, testEngines } from "./storage/testing/index.ts";
import { type ServedNode, serveNode, startAgent, type TestAgent } from "./testing/index.ts";

const adminKey = "clocks-admin-key";
const library = [process.env.FAKETIME_LIB, ...globSync("/usr/{lib,local/lib}{,/*}/faketime/libfaketimeMT.so.1")].find(
  (path) => path !== undefined && existsSync(path),
);
if (!library)
  console.warn("libfaketime is not installed: gateways with wrong clocks are not tested (apt-get install libfaketime)");

/** Gateways in processes of their own, whose clocks libfaketime falsifies. */
describe.skipIf(!library)("gateways with wrong clocks", () => {
  let agent: TestAgent;
  let answerAfterMs = 0;
  beforeAll(async () => {
    agent = await startAgent((_, response) => {
      response.setHeader("content-type", "application/json");
      setTimeout(() => response.end('{"done":true}'), answerAfterMs);
    });
  });
  afterAll(() => agent.close());

  let nodes: ServedNode[] = [];
  let remove = async () => {};
  let location: Record<string, string> = {};
  const useDatabase = async (engine: "sqlite" | "postgres") => {
    const database = await createEmptyDatabase(engine);
    remove = database.remove;
    const { dataDirectory, databaseUrl } = database.location;
    location = { AGENTGATE_DATA_DIR: dataDirectory, ...(databaseUrl && { DATABASE_URL: databaseUrl }) };
  };
  afterEach(async () => {
    answerAfterMs = 0;
    for (const { child } of nodes) child.kill("SIGKILL");
    await Promise.all(nodes.map(({ exited }) => exited));
    nodes = [];
    await remove();
  });

  /** The monotonic clock stays as it is. */
  const preload = { LD_PRELOAD: library!, DONT_FAKE_MONOTONIC: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" };
  const start = async (faketime?: string, more: Record<string, string> = {}) => {
    const node = await serveNode({
      ...location,
      AGENTGATE_API_KEY: adminKey,
      AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
      AGENTGATE_RATE_LIMIT: "100000",
      AGENTGATE_RATE_BURST: "100000",
      ...(faketime && { ...preload, FAKETIME: faketime }),
      ...more,
    });
    nodes.push(node);
    return node;
  };
  const stop = async (node: ServedNode) => {
    node.child.kill("SIGTERM");
    await node.exited;
  };
  const call = async (node: ServedNode, method: string, path: string, body?: object, key = adminKey, headers = {}) => {
    const response = await fetch(node.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as any };
  };
  const setUp = async (node: ServedNode) => {
    const org = async (name: string) =>
      (await call(node, "POST", "/orgs/", { name, rate_limit: 1e5, rate_burst: 1e5 })).body;
    const [payer, owner] = [await org("payer"), await org("owner")];
    expect((await call(node, "POST", `/orgs/${payer.id}/topup`, { amount: 1000 })).status).toBe(200);
    const fields = { name: "paid", url: agent.url, price_per_task: 1, org_id: owner.id };
    const { id } = (await call(node, "POST", "/agents/", fields)).body;
    const balance = async (at: ServedNode) => (await call(at, "GET", `/orgs/${payer.id}/wallet`)).body.balance;
    const pay = (at: ServedNode, headers = {}) => call(at, "POST", `/agents/${id}/task`, {}, payer.api_key, headers);
    const dates = async (at: ServedNode): Promise<number[]> =>
      (await call(at, "GET", `/orgs/${payer.id}/transactions?limit=20`)).body.map((one: any) =>
        Date.parse(one.created_at),
      );
    return { payer, balance, pay, dates };
  };
  type World = Awaited<ReturnType<typeof setUp>>;
  const ready = (node: ServedNode) => call(node, "GET", "/health/ready");
  const expectPaid = async ({ balance, pay }: World, at: ServedNode[], count = 20) => {
    const before = await balance(at[0]!);
    for (let n = 0; n < count; n++) {
      expect(await pay(at[n % at.length]!)).toMatchObject({
        status: 200,
        body: { ucp: { transaction_id: expect.stringMatching(/^[0-9a-f-]{36}$/) } },
      });
    }
    expect(await balance(at[0]!)).toBe(before - count);
    expect((await call(at[0]!, "GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true, problems: [] });
  };

  test.each(
    testEngines().flatMap((engine) =>
      ["+2h", "@2036-01-01 00:00:00", "-400d"].map((ahead) => [engine, ahead] as const),
    ),
  )("%s: a clock that stood at %s for one call", async (engine, faketime) => {
    await useDatabase(engine);
    const wrong = await start(faketime);
    const world = await setUp(wrong);
    await expectPaid(world, [wrong], 1);
    if (engine === "postgres") expect((await ready(wrong)).body.code).toBe("wrong_time");
    await stop(wrong);
    const right = await start();
    const told = await ready(right);
    const isAhead = engine === "sqlite" && !faketime.startsWith("-");
    expect(told).toMatchObject(isAhead ? { status: 503, body: { code: "wrong_time" } } : { status: 200 });
    await expectPaid(world, [right]);
    if (!isAhead) return;
    const [, until] = /AGENTGATE_LEDGER_DATES_UNTIL=(\S+) /.exec(told.body.detail)!;
    await stop(right);
    const accepting = await start(undefined, { AGENTGATE_LEDGER_DATES_UNTIL: until! });
    expect((await ready(accepting)).status).toBe(200);
    await expectPaid(world, [accepting]);
    expect((await ready(accepting)).status).toBe(200);
  });

  test("a wall clock that jumps while the gateway runs, and comes back", async () => {
    await useDatabase("sqlite");
    const directory = temporaryDirectory("faketime");
    const file = join(directory.path, "now");
    writeFileSync(file, "+0");
    const node = await start(undefined, { ...preload, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1" });
    const world = await setUp(node);
    await expectPaid(world, [node], 2);
    for (const jump of ["+2h", "-2h", "+3600d"]) {
      writeFileSync(file, jump);
      expect((await ready(node)).body).toMatchObject({ code: "wrong_time" });
      await expectPaid(world, [node], 5);
      writeFileSync(file, "+0");
      await expect.poll(async () => (await ready(node)).status).toBe(200);
      await expectPaid(world, [node], 2);
    }
    for (const date of await world.dates(node)) expect(Math.abs(date - Date.now())).toBeLessThan(600_000);
    directory.remove();
  });

  describe.skipIf(!testEngines().includes("postgres"))("beside one whose clock is right, on PostgreSQL", () => {
    test.each(["+65", "-90", "+10m", "-10m", "@2036-01-01 00:00:00", "2036-01-01 00:00:00"])(
      "at %s",
      async (faketime) => {
        await useDatabase("postgres");
        const [right, wrong] = [await start(), await start(faketime)];
        const world = await setUp(right);
        expect((await ready(right)).status).toBe(200);
        expect((await ready(wrong)).body).toMatchObject({
          code: "wrong_time",
          detail: expect.stringMatching(/(ahead of|behind) the database's/),
        });
        await expectPaid(world, [right, wrong], 40);
        await expectPaid(world, [wrong], 10);
        for (const date of await world.dates(right)) expect(Math.abs(date - Date.now())).toBeLessThan(60_000);

        // What is under way at one is not begun again at the other, whichever clock is behind.
        answerAfterMs = 2_000;
        const before = await world.balance(right);
        const runs = agent.received.length;
        for (const [first, second] of [
          [right, wrong],
          [wrong, right],
        ] as const) {
          const key = { "idempotency-key": `under-way-at-${first.url}` };
          const answer = world.pay(first, key);
          const begun = agent.received.length + 1;
          await expect.poll(() => agent.received.length).toBe(begun);
          expect((await world.pay(second, key)).status).toBe(409);
          expect((await answer).status).toBe(200);
          expect((await world.pay(second, key)).body).toEqual((await answer).body);
        }
        expect(agent.received.length).toBe(runs + 2);
        expect(await world.balance(right)).toBe(before - 2);
      },
    );

    test("whose monotonic clock runs ten times as fast", async () => {
      await useDatabase("postgres");
      const brief = { AGENTGATE_TASK_TIMEOUT_MS: "5000", AGENTGATE_SETTLE_MARGIN_MS: "1000" };
      const right = await start(undefined, brief);
      const world = await setUp(right);
      const fast = await start("+0 x10", { DONT_FAKE_MONOTONIC: "0", FAKETIME_DONT_FAKE_MONOTONIC: "0" });
      answerAfterMs = 4_000;
      const before = await world.balance(right);
      const answers = await Promise.all(Array.from({ length: 10 }, () => world.pay(right)));
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
      expect(await world.balance(right)).toBe(before - 10);
      expect((await call(right, "GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true });
      expect(fast.child.exitCode).toBeNull();
    });
  });
});
