import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createGateway, type Gateway } from "../../packages/gateway/src/app.ts";
import { readConfig } from "../../packages/gateway/src/config/index.ts";
import { openExplain, wholeReads } from "../../packages/gateway/src/ledger/testing/plans.ts";
import { silentLog, systemClock, systemRandom } from "../../packages/gateway/src/runtime/index.ts";
import {
  type EngineName,
  type ObservedStatement,
  openStorage,
  type Storage,
} from "../../packages/gateway/src/storage/index.ts";
import { createEmptyDatabase, testEngines } from "../../packages/gateway/src/storage/testing/index.ts";
import { ADMIN_KEY, textTask } from "../../packages/gateway/src/testing/index.ts";
import type { LargeBooks } from "./large-books.ts";

/** A ledger of 10^6 wallets and 10^7 rows, on each engine: what a start does, what goes on behind it, and what proving all takes. */
const WALLETS = Number(process.env.AGENTGATE_TEST_WALLETS ?? 1_000_000);
const ROWS = Number(process.env.AGENTGATE_TEST_JOURNAL_ROWS ?? 10_000_000);
const OPEN = 2_000;
/** How long each part of the background is watched, in seconds. */
const WATCHED_S = Number(process.env.AGENTGATE_TEST_WATCHED_SECONDS ?? 60);
/** What came since the checkpoint, when a start is measured that has one. */
const NEW_ROWS = Math.min(5_000, ROWS / 10);

/** How late a thread that does nothing is woken at the worst: what the machine adds to everything that is measured. */
const idleThread = `
  const { parentPort } = require("node:worker_threads");
  let latest = performance.now(), most = 0;
  setInterval(() => {
    const now = performance.now();
    most = Math.max(most, now - latest - 5);
    latest = now;
  }, 5);
  parentPort.on("message", () => { parentPort.postMessage(most); most = 0; });
`;

/**
 * The longest that this thread works before others have their turn, in milliseconds of its own time: how long it waits for the machine, on
 * which others work as well, does not count. What tests and clients do in it does.
 */
function watchStretches() {
  let before = process.threadCpuUsage();
  let mostMs = 0;
  const timer = setInterval(() => {
    const { user, system } = process.threadCpuUsage(before);
    mostMs = Math.max(mostMs, (user + system) / 1_000);
    before = process.threadCpuUsage();
  }, 5);
  return {
    end(): number {
      clearInterval(timer);
      return mostMs;
    },
  };
}

const cli = fileURLToPath(new URL("../../packages/cli/bin/agentgate.js", import.meta.url));
const writer = fileURLToPath(new URL("./write-large-books.ts", import.meta.url));
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const engines = testEngines();
type Database = Awaited<ReturnType<typeof createEmptyDatabase>>;
const databases = new Map<EngineName, Database>();

beforeAll(async () => {
  for (const engine of engines) databases.set(engine, await createEmptyDatabase(engine));
  const startedAt = performance.now();
  const books: LargeBooks = { wallets: WALLETS, rows: ROWS, open: OPEN };
  const given = [books, engines.map((engine) => databases.get(engine)!.location)].map((value) => JSON.stringify(value));
  const writing = spawn(process.execPath, ["--conditions=agentgate-source", writer, ...given], { stdio: "inherit" });
  const [code] = await once(writing, "exit");
  if (code !== 0) throw new Error("the books could not be written");
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  console.log(`${ROWS} rows and ${WALLETS} wallets written in ${seconds} s into ${engines.join(" and ")}`);
});
afterAll(() => Promise.all([...databases.values()].map((database) => database.remove())));

describe.each(engines)("a large ledger on %s", (engine) => {
  const seen = new Set<string>();
  const gateways: Gateway[] = [];
  let storage: Storage;
  let database: Database;
  let agent: ReturnType<typeof createServer>;
  let idle: Worker;
  let agentUrl = "";

  beforeAll(async () => {
    database = databases.get(engine)!;
    storage = await openStorage({ ...database.location, clock: systemClock, log: silentLog });
    agent = createServer((request, response) => request.resume().on("end", () => response.end('{"ok":true}')));
    agent.listen(0, "127.0.0.1");
    await once(agent, "listening");
    idle = new Worker(idleThread, { eval: true });
    agentUrl = `http://127.0.0.1:${(agent.address() as { port: number }).port}`;
  });
  afterAll(async () => {
    agent?.closeAllConnections();
    agent?.close();
    await idle?.terminate();
    await storage?.close();
  });

  /** What one test leaves, the next would share the work with. */
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close(1_000)));
  });

  async function startNode() {
    const given = {
      ...database.location,
      apiKey: ADMIN_KEY,
      allowPrivateNetworks: true,
      port: 0,
      topup: "open" as const,
    };
    const statements: ObservedStatement[] = [];
    const errors: unknown[] = [];
    const startedAt = performance.now();
    const gateway: Gateway = await createGateway(readConfig({}, given), {
      ...{ clock: systemClock, random: systemRandom },
      log: { ...silentLog, error: (...told: unknown[]) => void errors.push(told) },
      onStatement: (statement) => {
        statements.push(statement);
        for (const each of statement.sql.split(";\n")) if (/\bledger_/.test(each)) seen.add(each);
      },
    });
    gateways.push(gateway);
    const url = await gateway.http.listen({ host: "127.0.0.1", port: 0 });
    await gateway.start();
    expect((await fetch(`${url}/agents/?limit=1`)).status).toBe(200);
    const answeredMs = performance.now() - startedAt;
    const call = async (method: string, path: string, body?: unknown, key = ADMIN_KEY) => {
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
      const response = await fetch(`${url}${path}`, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, string> };
    };
    return { gateway, statements, errors, answeredMs, call };
  }
  type Node = Awaited<ReturnType<typeof startNode>>;

  /** What happens while a node does what it does by itself, and is paid for a task now and then. */
  async function watch({ statements, errors, call }: Node, what: string, seconds = WATCHED_S): Promise<void> {
    const org = (
      await call("POST", "/orgs/", { name: `payer ${systemRandom.uuid()}`, rate_limit: 1_000, rate_burst: 1_000 })
    ).body;
    await call("POST", `/orgs/${org.id}/topup`, { amount: 1_000 });
    const priced = { name: "priced", url: agentUrl, price_per_task: 0.01 };
    const { body: registered } = await call("POST", "/agents/", priced, org.api_key);
    const pay = () => call("POST", `/agents/${registered.id}/task`, textTask("x"), org.api_key);
    for (let n = 0; n < 50; n++) expect((await pay()).status).toBe(200);
    statements.length = 0;
    let [slowestCallMs, calls] = [0, 0];
    await machineMs();
    const stretches = watchStretches();
    // A process that is new grows for a while with whatever it does; what goes on growing is looked for.
    let memoryBefore: number | undefined;
    const beganAt = performance.now();
    for (const endsAt = beganAt + seconds * 1_000; performance.now() < endsAt; await sleep(20)) {
      if (performance.now() - beganAt > (seconds * 1_000) / 3) memoryBefore ??= process.memoryUsage().rss;
      const startedAt = performance.now();
      expect((await pay()).status).toBe(200);
      slowestCallMs = Math.max(slowestCallMs, performance.now() - startedAt);
      calls++;
    }
    const heldUpMs = stretches.end();
    const lateMs = await machineMs();
    // Payments are transactions of many statements.
    const own = statements.filter(({ sql }) => /\bledger_/.test(sql) && !sql.includes(";\n"));
    const slowest = own.toSorted((a, b) => b.ms - a.ms).slice(0, 2);
    const sweeps = own.filter(({ sql }) => sql.includes('as "nextDue"')).length;
    const pages = own.filter(({ sql }) => /^select \* from "ledger_journal" where "seq" >/.test(sql)).length;
    const of = (statement: ObservedStatement) =>
      `${statement.ms.toFixed(1)} ms ${statement.sql.replace(/\s+/g, " ").trim().slice(0, 70)}`;
    const grownMB = (process.memoryUsage().rss - memoryBefore!) / 2 ** 20;
    console.log(
      `${engine}, ${what}: ${pages} pages of the journal read in ${seconds} s beside ${calls} paid calls (slowest ${slowestCallMs.toFixed(0)} ms); ` +
        `${own.length} statements, slowest ${slowest.map(of).join(" | ")}; ` +
        `the machine wakes an idle thread up to ${lateMs.toFixed(1)} ms late; the loop was busy for ${heldUpMs.toFixed(1)} ms at a time at most; ` +
        `memory +${grownMB.toFixed(0)} MB, ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MB in all`,
    );
    expect(errors).toEqual([]);
    // It does something, and not in vain.
    expect(own.length - sweeps).toBeGreaterThan(seconds / 2);
    expect(slowest[0]!.ms).toBeLessThan(100 + lateMs);
    expect(heldUpMs).toBeLessThan(50);
    expect(grownMB).toBeLessThan(100);
  }
  const machineMs = async (): Promise<number> => {
    idle.postMessage("report");
    return (await once(idle, "message"))[0];
  };
  const verifiedUpTo = async () => {
    const query = storage.db.selectFrom("ledger_checkpoints").select("seq").where("name", "=", "new");
    return (await query.executeTakeFirst())?.seq ?? 0n;
  };
  const head = () => storage.db.selectFrom("ledger_head").selectAll().executeTakeFirstOrThrow();

  /** As if a walk had come to the end of the books, and gone on with `stage`. Nothing may be under way. */
  async function putCheckpoint(name: "new" | "all", stage: string): Promise<bigint> {
    const { seq, hash, created_at, elapsed, reserved } = await head();
    await sql`delete from ledger_checkpoint_holds where checkpoint = ${name}`.execute(storage.db);
    await sql`delete from ledger_checkpoints where name = ${name}`.execute(storage.db);
    await sql`
      insert into ledger_checkpoint_holds (checkpoint, id, account, amount, expires_at)
      select ${name}, id, account, amount, expires_at from ledger_holds`.execute(storage.db);
    const row = {
      name,
      version: 1n,
      seq,
      hash,
      created_at,
      elapsed,
      held: reserved,
      stage,
      cursor: "",
      ended_at: null,
    };
    await storage.db
      .insertInto("ledger_checkpoints")
      .values({ ...row, problems: "[]" })
      .execute();
    return seq;
  }

  test("a node whose ledger was never verified answers within a second, and walks while it serves", async () => {
    const node = await startNode();
    console.log(`${engine}: first answer after ${Math.round(node.answeredMs)} ms, nothing verified`);
    expect(node.answeredMs).toBeLessThan(1_000);
    await watch(node, "the first walk");
  });

  test("a start with a checkpoint verifies what is new and no more", async () => {
    const from = await putCheckpoint("new", "journal");
    await putCheckpoint("all", "accounts");
    const payers = await storage.db.selectFrom("ledger_accounts").select("id").limit(2).execute();
    const { Ledger, topup } = await import("../../packages/gateway/src/ledger/index.ts");
    const ledger = await Ledger.open({ storage, clock: systemClock, random: systemRandom, log: silentLog });
    const account = payers[0]!.id;
    for (let n = 0; n < NEW_ROWS; n += 100) {
      await Promise.all(Array.from({ length: 100 }, () => ledger.post({ posting: topup({ account, amount: 1n }) })));
    }
    await ledger.close();
    const node = await startNode();
    const startedAt = performance.now();
    const { seq } = await head();
    expect(seq - from).toBeGreaterThanOrEqual(BigInt(NEW_ROWS));
    while ((await verifiedUpTo()) < seq) await sleep(100);
    const seconds = (performance.now() - startedAt) / 1_000;
    console.log(
      `${engine}: first answer after ${Math.round(node.answeredMs)} ms, ${seq - from} new rows verified ${seconds.toFixed(1)} s later`,
    );
    expect(node.answeredMs).toBeLessThan(1_000);
    expect(node.errors).toEqual([]);
    await watch(node, "accounts beside the journal");
  });

  test("sums of long histories are verified in small statements", async () => {
    const { LedgerQueries } = await import("../../packages/gateway/src/ledger/ledger-queries.ts");
    // The longest history of all: what every top-up and every task moved.
    const longest = new LedgerQueries(storage).statement("platform", { from: 0n, to: 4_000_000_000_000_000n });
    await longest;
    await putCheckpoint("new", "journal");
    await putCheckpoint("all", "history sums");
    const node = await startNode();
    await watch(node, "sums of histories");
  });

  test("everything is verified by `agentgate ledger verify` in bounded memory", async () => {
    const { databaseUrl, dataDirectory } = database.location;
    const where = databaseUrl ? [] : ["--data", dataDirectory];
    const env = { PATH: process.env.PATH, ...(databaseUrl && { DATABASE_URL: databaseUrl }) };
    const startedAt = performance.now();
    const child = spawn(
      process.execPath,
      ["--conditions=agentgate-source", cli, "ledger", "verify", "--json", ...where],
      { env },
    );
    let [out, mostMB] = ["", 0];
    child.stdout.on("data", (data) => {
      out += data;
    });
    child.stderr.pipe(process.stderr);
    const looking = setInterval(() => {
      try {
        const [, kB = "0"] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
        mostMB = Math.max(mostMB, Number(kB) / 1_024);
      } catch {} // It has ended, or this system does not tell.
    }, 200);
    const [code] = await once(child, "close");
    clearInterval(looking);
    const seconds = (performance.now() - startedAt) / 1_000;
    const report = JSON.parse(out);
    console.log(
      `${engine}: all ${report.rows} rows, ${report.accounts} accounts and ${report.open_holds} open holds verified in ${seconds.toFixed(0)} s ` +
        `(${((seconds * 1e6) / report.rows).toFixed(0)} µs a row) in ${mostMB.toFixed(0)} MB`,
    );
    expect(report).toMatchObject({ ok: true, problems: [] });
    expect(code).toBe(0);
    expect(report.rows).toBeGreaterThan(ROWS);
    expect(report.accounts).toBeGreaterThanOrEqual(WALLETS);
    expect(report.open_holds).toBeGreaterThanOrEqual(OPEN);
    expect(mostMB).toBeLessThan(600);
  });

  test("no statement of the ledger reads a whole table, as the engine plans it for these", async () => {
    const { explain, close } = await openExplain(engine, database.location, { isForced: false });
    const wrong: { sql: string; plan: string[] }[] = [];
    for (const text of seen) {
      const plan = await explain(text);
      const whole = wholeReads(plan).filter((line) => /ledger_(journal|entries|accounts|holds)\b/.test(line));
      if (whole.length > 0 && !(/\blimit\b/.test(text) && whole.every((line) => line.includes("USING"))))
        wrong.push({ sql: text, plan });
    }
    console.log(`${engine}: ${seen.size} statements explained`);
    expect(seen.size).toBeGreaterThan(20);
    expect(wrong).toEqual([]);
    await close();
  });
});
