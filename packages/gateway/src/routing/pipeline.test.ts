import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agentCreation } from "../agents/fields.ts";
import { AgentCards, AgentRegistry, AgentWebhooks, CardFinder, CardIntake, Grants } from "../agents/index.ts";
import { ManifestFinder } from "../agents/manifests/manifest-finder.ts";
import { AgentManifests } from "../agents/manifests/manifest-store.ts";
import { RegisteredSites } from "../agents/manifests/registered-sites.ts";
import { SiteIntake } from "../agents/manifests/site-intake.ts";
import { SkillRegistry } from "../agents/skills/skill-registry.ts";
import { AgentStore } from "../agents/store.ts";
import { byGateway } from "../audit/index.ts";
import { auditLogIn } from "../audit/testing/index.ts";
import { CallLog, CallLogStore } from "../call-log/index.ts";
import { Idempotency } from "../idempotency/index.ts";
import { keysIn } from "../keys/testing/index.ts";
import { Ledger, topup } from "../ledger/index.ts";
import { MemoryRateLimiter } from "../limits/index.ts";
import { MetricRegistry, TaskMetrics } from "../metrics/index.ts";
import { OrgRegistry, Principals } from "../orgs/index.ts";
import { createDialer } from "../outbound/index.ts";
import { createTimestamps, networkOf, silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { StorageAwayError } from "../storage/index.ts";
import { createTestStorage, type TestStorage } from "../storage/testing/index.ts";
import { passingOn } from "../telemetry/index.ts";
import { testWebhooks } from "../webhooks/testing/index.ts";
import { CallTokens } from "./call-tokens.ts";
import { Admission, type Exchange, TaskPipeline } from "./index.ts";
import { KeyBudgets } from "./key-budgets.ts";
import { Orders } from "./orders.ts";
import { TaskPayments } from "./payment.ts";
import { Viewers } from "./viewers.ts";

const world = { clock: systemClock, random: systemRandom, log: silentLog, timestamps: createTimestamps(systemClock) };
const MARGIN_MS = 60_000;
const TIMEOUT_MS = 10_000;

describe("an entrance's own exchange", () => {
  let database: TestStorage;
  let ledger: Ledger;
  let store: CallLogStore;
  let callLog: CallLog;
  let pipeline: TaskPipeline;
  let agentId: string;
  let payerId: string;
  /** How long the database takes to put money aside, and did so far. */
  let stallMs = 0;
  let stalledMs = 0;
  const payerKey = "the-payer-key";
  const metrics = new TaskMetrics(new MetricRegistry());
  const ends: (() => unknown)[] = [];

  beforeAll(async () => {
    database = await createTestStorage("sqlite");
    const { storage } = database;
    ledger = await Ledger.open({ storage, ...world });
    const principals = new Principals(storage, "", keysIn(storage, systemClock));
    const webhooks = testWebhooks(storage);
    const auditLog = auditLogIn(storage);
    const told = { webhooks, auditLog, balancesOf: async () => new Map() };
    const orgs = new OrgRegistry({ storage, ...world, ...told, principals, selfService: true });
    // The name of the agent is nobody's: no name server is asked for it.
    const dialer = createDialer({ ...world, allowPrivateNetworks: false, resolve: async () => [] });
    const skills = new SkillRegistry(storage, systemClock);
    const agents = new AgentRegistry({
      ...{ storage, store: new AgentStore(storage), ...world, webhooks: new AgentWebhooks(webhooks) },
      approval: "off",
      auditLog,
      checkUrl: async () => ({ ok: true }),
      cards: new AgentCards(storage, world.timestamps),
      grants: new Grants({ storage, ...world, auditLog }),
      skills,
      mcp: { registration: { guessed: async () => undefined } as never, tools: {} as never },
      sites: new RegisteredSites({
        ...{ skills, timestamps: world.timestamps, manifests: new AgentManifests(storage), credentialsOf: () => ({}) },
        sites: new SiteIntake(new ManifestFinder(dialer), (url) => dialer.checkUrl(url)),
      }),
      intake: new CardIntake(new CardFinder(dialer, systemClock), (url) => dialer.checkUrl(url), silentLog),
    });
    const fields = { name: "priced", url: "http://agent.test", price_per_task: 1 };
    agentId = (await agents.register(agentCreation.parse(fields), byGateway)).id;
    const limits = { cost_per_invocation: 0n, billing_alert_threshold: null, rate_limit: null, rate_burst: null };
    payerId = (await orgs.create({ name: "payer", api_key: payerKey, tier: "free", ...limits }, byGateway)).org.id;
    await ledger.post({ posting: topup({ account: payerId, amount: 10_000_000n }) });
    const authenticate = (key: string) => principals.find(key);
    const limiter = new MemoryRateLimiter({ clock: systemClock });
    const idempotency = new Idempotency(storage, systemClock, systemRandom);
    store = new CallLogStore(storage, webhooks.announcer);
    callLog = new CallLog({ ...world, write: (entries) => store.write(entries) });
    const defaultLimit = { rate: 1000, burst: 1000 };
    const protocol = { send: neverCalled, stream: neverCalled };
    const budgets = new KeyBudgets({ ...world, ledger, announcer: webhooks.announcer });
    const payments = new TaskPayments({ ...world, ledger, orgs, watchWallet: async () => undefined, budgets });
    const reserve = payments.reserve.bind(payments);
    payments.reserve = async (charge) => {
      const hold = await reserve(charge);
      stalledMs += stallMs;
      return hold;
    };
    pipeline = new TaskPipeline({
      tracing: passingOn,
      ...world,
      ...{ protocol, idempotency, callLog, metrics, announcer: webhooks.announcer },
      admission: new Admission({
        ...{ agents, authenticate, networkOf, allowUnpaid: false },
        tokens: new CallTokens({ orgs, limiter, defaultLimit }),
        viewers: new Viewers({ agents, authenticate }),
        orders: new Orders(agents, { readerFor: () => undefined }),
      }),
      payments,
      clock: { ...systemClock, monotonic: () => systemClock.monotonic() + stalledMs },
      callLogStore: store,
      onRecorded() {},
      onFailed() {},
      timeoutMs: TIMEOUT_MS,
      settleMarginMs: MARGIN_MS,
      responseBytesMax: 1000,
    });
    ends.push(
      () => idempotency.close(),
      () => limiter.close(),
      () => dialer.close(0),
      () => ledger.close(),
    );
  });
  afterAll(async () => {
    for (const end of ends) await end();
    await database.remove();
  });

  const run = (exchange: Exchange, idempotencyKey?: string) =>
    pipeline.run(
      {
        ...{ agentId, idempotencyKey, bearer: payerKey, payerKey: undefined, clientIp: "192.0.2.1", requestId: "r" },
        ...{ traceparent: undefined, tracestate: undefined, chain: undefined, task: {}, body: "{}", entrance: "rest" },
      },
      exchange,
      {},
    );
  const answering: Exchange = () => ({ outcome: Promise.resolve({ ok: true, body: '"done"' }), abort() {} });

  test.each<[string, Exchange]>([
    [
      "throws",
      () => {
        throw new Error("secret");
      },
    ],
    ["rejects", () => ({ outcome: Promise.reject(new Error("secret")), abort() {} })],
  ])("that %s: nobody pays, the money and the key are free at once, and one row says so", async (name, broken) => {
    const { answer } = await run(broken, name);
    await expect(answer).rejects.toMatchObject({ status: 500, detail: expect.not.stringContaining("secret") });
    expect(await ledger.queries.balance(payerId)).toMatchObject({ held: 0n });
    await callLog.flush();
    const [row] = await store.ofAgent(agentId, { limit: 1, offset: 0 });
    expect(row).toMatchObject({ errorDetail: "internal_error", payerOrgId: payerId });
    expect(pipeline.running).toBe(0);
    const again = await run(answering, name);
    expect(JSON.parse((await again.answer).body)).toMatchObject({ result: "done" });
  });

  test("that meets the database away: the caller is told to come back", async () => {
    const gone = new StorageAwayError("secret");
    const { answer } = await run(() => ({ outcome: Promise.reject(gone), abort() {} }), "away");
    const expected = { status: 503, detail: expect.not.stringContaining("secret"), headers: { "retry-after": "1" } };
    await expect(answer).rejects.toMatchObject(expected);
    expect(await ledger.queries.balance(payerId)).toMatchObject({ held: 0n });
  });

  test("that the money was put aside for too late is never made: the money and the key are free again", async () => {
    stallMs = TIMEOUT_MS + 1;
    const never = run(neverCalled, "stalled");
    await expect(never).rejects.toMatchObject({ status: 503, code: "ledger_unavailable" });
    expect(await ledger.queries.balance(payerId)).toMatchObject({ held: 0n });
    stallMs = 0;
    const again = await run(answering, "stalled");
    expect(JSON.parse((await again.answer).body)).toMatchObject({ result: "done" });
  });

  test("the hold and the lease of the key both outlast the agent's time", async () => {
    const startedAt = Date.now();
    const { answer } = await run(() => ({ outcome: new Promise(() => {}), abort() {} }), "never-answered");
    void answer;
    const { db } = database.storage;
    const [{ lifetime }, { lease_until }] = await Promise.all([
      db
        .selectFrom("ledger_holds as h")
        .innerJoin("ledger_journal as j", "j.id", "h.id")
        .select((eb) => eb("h.expires_at", "-", eb.ref("j.elapsed")).as("lifetime"))
        .executeTakeFirstOrThrow(),
      db.selectFrom("idempotency").select("lease_until").where("key", "=", "never-answered").executeTakeFirstOrThrow(),
    ]);
    expect(lifetime).toBe(BigInt(TIMEOUT_MS + MARGIN_MS + 3_000) * 1000n);
    expect(lease_until).toBeGreaterThanOrEqual(BigInt(startedAt + TIMEOUT_MS + MARGIN_MS) * 1000n);
  });
});

function neverCalled(): never {
  throw new Error("the entrance has an exchange of its own");
}
