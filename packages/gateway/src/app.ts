import type { FastifyInstance, FastifyRequest } from "fastify";
import type { z } from "zod";
import { openA2A } from "./a2a/index.ts";
import {
  AgentCards,
  AgentRegistry,
  AgentSearch,
  agentCreation,
  agentRoutes,
  agentUpdate,
  CardFinder,
  CardIntake,
  CredentialStore,
  credentialRoutes,
  discoveryRoutes,
  Reviews,
  reviewRoutes,
  shareOwner,
} from "./agents/index.ts";
import {
  BillingAlerts,
  closeWallet,
  meteringRoutes,
  OrphanedWallets,
  Statements,
  statementRoutes,
  type TopupMode,
  transactionRoutes,
  verifyRoutes,
  walletRoutes,
} from "./billing/index.ts";
import { CallLog, CallLogStore, callLogRoutes, PendingUsage } from "./call-log/index.ts";
import type { Config } from "./config.ts";
import { HealthMonitor, healthRoutes } from "./health/index.ts";
import {
  bearerKey,
  ConnectionLimits,
  Connections,
  connectionsByDescriptors,
  createHttpServer,
  KeepAlives,
  mountRoute,
  openApiDocument,
  type RouteDefinition,
  serveDocs,
  serveUpgrades,
  trustIn,
  Undelivered,
} from "./http/index.ts";
import { Idempotency } from "./idempotency/index.ts";
import { journalDates, livedTime } from "./journal-dates.ts";
import { openLeases } from "./leases/index.ts";
import { type FailPointHook, Ledger } from "./ledger/index.ts";
import { createRateLimiter, MissLimits } from "./limits/index.ts";
import { metricsRoutes, TaskMetrics } from "./metrics/index.ts";
import { OrgRegistry, orgRoutes, Principals, settleAdminKey } from "./orgs/index.ts";
import { createDialer } from "./outbound/index.ts";
import {
  Admission,
  bodySenders,
  PlainProtocol,
  ProtocolByAgent,
  StoredCredentials,
  socketCallerOf,
  TaskPayments,
  TaskPipeline,
  TaskSockets,
  taskRoutes,
} from "./routing/index.ts";
import { type Clock, createTimestamps, type Log, networksOf, type Random, WatchedClock } from "./runtime/index.ts";
import { sealedPlaces } from "./sealed-places.ts";
import { openSealer } from "./secrets/index.ts";
import { type OnStatement, openStorage, unavailability } from "./storage/index.ts";
import { version } from "./version.ts";

/** What the gateway takes from the world; tests hand in their own. */
export interface World {
  clock: Clock;
  /** What the clock is compared with, instead of the database's; null for nothing: a test's clock agrees with nobody's. */
  reference?: (() => Promise<number>) | null;
  random: Random;
  log: Log;
  /** Told of every statement to the database, for measuring. */
  onStatement?: OnStatement | undefined;
  /** Ends the process at a point of the ledger's work, for crash tests. */
  failPoint?: FailPointHook | undefined;
}

/** What is said of an agent that the gateway's own process registers; as in `POST /agents/`. */
export type AgentFields = z.input<typeof agentCreation> & { name: string };

/** A gateway that is put together but does not listen yet. */
export interface Gateway {
  http: FastifyInstance;
  /** Registers an agent that belongs to no organization, or updates the latest one of the same name. */
  ensureAgent(fields: AgentFields): Promise<{ id: string; name: string }>;
  /** The admin key, when this start minted it. */
  mintedAdminKey: string | undefined;
  /** Starts the background work. */
  start(): void;
  /** From now on this node is not ready, and every answer asks its caller to reconnect elsewhere. */
  beginStop(): void;
  /** How many requests came since then, health checks apart. */
  lateArrivals(): number;
  /** Waits for the calls in flight, at most `drainMs`, then closes everything. What was logged is written. */
  close(drainMs: number): Promise<void>;
}

/** The composition root: the one place where services meet. */
export async function createGateway(config: Config, world: World): Promise<Gateway> {
  const { random, log } = world;
  const { storage, adminKey, ledger, sealer, clock } = await openRecords(config, world);
  const timestamps = createTimestamps(clock);
  const publicUrl = () => config.publicUrl ?? addressOf(http, config);
  let stopping = false;
  let lateArrivals = 0;

  const principals = new Principals(storage, adminKey.hash);
  const authenticate = (key: string) => principals.find(key);
  const networkOf = networksOf(config.ipv6Prefix);
  const { allowPrivateNetworks, allowedAddresses } = config;
  const answerBytesMax = Math.max(config.answerBytesMax, 4 * config.responseBytesMax);
  const dialer = createDialer({
    allowPrivateNetworks,
    allowedAddresses,
    clock,
    log,
    answerBytesMax,
  });
  const limiter = await createRateLimiter({
    redisUrl: config.redisUrl,
    redisTimeoutMs: config.redisTimeoutMs,
    clock,
    log,
  });
  const metrics = new TaskMetrics();
  const cards = new AgentCards(storage, timestamps);
  const cardIntake = new CardIntake(new CardFinder(dialer, clock), (url) => dialer.checkUrl(url), log);
  const agents = new AgentRegistry({
    storage,
    random,
    timestamps,
    checkUrl: (url) => dialer.checkUrl(url),
    cards,
    intake: cardIntake,
  });
  const credentialStore = new CredentialStore(storage, sealer, timestamps);
  const credentials = new StoredCredentials(credentialStore, dialer, clock);
  const search = new AgentSearch(storage, clock);
  const orgs = new OrgRegistry({ storage, random, timestamps, principals, selfService: config.selfServiceTiers });
  const idempotency = new Idempotency(storage, storage.clock ? clock : livedTime(ledger, clock), random);
  const callLogStore = new CallLogStore(storage);
  const callLog = new CallLog({ write: (entries) => callLogStore.write(entries), clock, log });
  const pendingUsage = new PendingUsage({ store: callLogStore, clock, log });
  const leases = openLeases({ storage, clock, random, log });
  const monitor = new HealthMonitor({
    storage,
    leases,
    credentialsOf: (agent) => credentials.headersFor(agent.id, shareOwner(agent)),
    dialer,
    clock,
    log,
    intervalMs: config.healthIntervalSeconds * 1000,
  });
  agents.onRegistered((agent) => void monitor.check(agent.id));
  agents.onRemoved((id) => monitor.forget(id));

  const orphanedWallets = new OrphanedWallets({ storage, ledger, clock, log });
  const alerts = new BillingAlerts({ storage, orgs, callLog, callLogStore, clock, random, timestamps, log });

  const a2a = await openA2A({
    storage,
    agents,
    cards,
    dialer,
    credentials,
    sealer,
    holdState: (id) => ledger.queries.holdState(id),
    clock,
    random,
    timestamps,
    log,
    publicUrl,
    rootAgentId: config.rootAgent,
    cardFormat: config.cardFormat,
    timeoutMs: config.taskTimeoutMs,
    streamTimeoutMs: config.streamTimeoutMs,
    responseBytesMax: config.responseBytesMax,
    networkOf,
  });

  const undelivered = new Undelivered({ bytesMax: answerBytesMax, networkOf, clock });
  const admission = new Admission({
    undelivered,
    agents,
    orgs,
    limiter,
    authenticate,
    defaultLimit: { rate: config.rateLimit, burst: config.rateBurst },
    networkOf,
    allowUnpaid: config.allowUnpaid,
  });
  const plain = new PlainProtocol(dialer, credentials);
  const lookingFor = (id: string) => cardIntake.lookingFor(id);
  const pipeline = new TaskPipeline({
    admission,
    protocol: new ProtocolByAgent({
      plain,
      a2a: a2a.protocol,
      lookingFor,
      find: (id) => agents.find(id),
    }),
    payments: new TaskPayments({ ledger, orgs, clock, log }),
    idempotency,
    callLog,
    callLogStore,
    onRecorded: (entry) => alerts.touch(entry.orgId),
    metrics,
    clock,
    random,
    timestamps,
    log,
    timeoutMs: config.taskTimeoutMs,
    settleMarginMs: config.settleMarginMs,
    responseBytesMax: config.responseBytesMax,
  });
  metrics.gauge("agentgate_tasks_running", "Tasks on their way to agents", () => pipeline.running);
  metrics.gauge("agentgate_call_log_pending", "Log rows not yet written", () => callLog.pending);
  metrics.gauge("agentgate_kept_answers_bytes", "Answers kept for Idempotency-Keys", () => idempotency.keptBytes);
  metrics.gauge("agentgate_call_log_lost", "Log rows that could not be written since the start", () => callLog.lost);
  const secondsAhead =
    "Seconds by which this node's clock is ahead of the database's, or of the time passed since the start";
  metrics.gauge("agentgate_clock_ahead_seconds", secondsAhead, () => clock.disagreementMs / 1000);
  const datesAhead = "Seconds by which the ledger's last date is ahead of the time";
  const ledgerAheadMs = () => Math.max(0, Number(ledger.lastDate / 1000n) - clock.now());
  metrics.gauge("agentgate_ledger_dates_ahead_seconds", datesAhead, () => ledgerAheadMs() / 1000);

  const keepAlives = new KeepAlives(clock);
  const a2aEntrance = a2a.open({ pipeline, admission, plain, lookingFor, keepAlives });
  const { corsOrigins, trustedProxies } = config;
  const frame = { clock, random, log, publicUrl: config.publicUrl ?? "", corsOrigins, trustedProxies };
  const misses = new MissLimits({ rate: config.missRate, burst: config.missBurst, networkOf, clock });
  const http = createHttpServer({
    ...frame,
    unavailability,
    refuse: a2aEntrance.refuse,
    bodyBytesMax: config.requestBytesMax,
    anonymousBodyBytesMax: config.anonymousRequestBytesMax,
    bodyBytesInFlight: config.requestBytesInFlight,
    senderOf: bodySenders({ admission, rootAgentId: config.rootAgent, notifierOf: a2aEntrance.notifierOf }),
    networkOf,
    undelivered,
    misses,
    isRemembered: (request) => isRemembered(request, principals, agents),
    socketPaths: [TASK_SOCKET],
  });
  metrics.gauge("agentgate_request_bytes_held", "Bytes of large request bodies under way", () => http.bodies.used);
  const connections = new Connections(http.server, clock);
  const limits = new ConnectionLimits(http.server, {
    ...connectionBounds(config),
    networkOf,
    trusts: trustIn(trustedProxies),
    clock,
  });
  metrics.gauge("agentgate_connections", "Connections of clients", () => limits.count);
  http.addHook("onRequest", (request, reply, done) => {
    if (stopping) {
      reply.header("connection", "close");
      if (!request.url.startsWith("/health")) lateArrivals++;
    }
    done();
  });
  const routes: RouteDefinition[] = [
    ...agentRoutes(agents, search),
    ...reviewRoutes({
      registry: agents,
      reviews: new Reviews(storage, random, timestamps),
      anonymous: config.anonymousReviews,
      networkOf,
    }),
    ...credentialRoutes(agents, credentialStore, (url) => dialer.checkUrl(url)),
    ...taskRoutes(pipeline, keepAlives),
    ...callLogRoutes({
      log: callLog,
      store: callLogStore,
      clock,
      managedAgent: (id, caller) => agents.managed(id, caller),
    }),
    ...orgRoutes({
      orgs,
      agents,
      balancesOf: (ids) => ledger.queries.postedBalances(ids),
      closeWallet: (id, force) => closeWallet(ledger, id, force),
      async onDeleted(id) {
        orphanedWallets.touch();
        await a2a.forgetOrg(id);
      },
    }),
    ...walletRoutes({ orgs, agents, ledger, idempotency, topupMode: topupModeOf(config) }),
    ...transactionRoutes({ orgs, ledger }),
    ...meteringRoutes({ orgs, callLog, callLogStore, clock }),
    ...statementRoutes(orgs, new Statements({ ledger, orgs, callLog, callLogStore })),
    ...verifyRoutes(ledger),
    ...healthRoutes({
      agents,
      monitor,
      version,
      checkDatabase: () => storage.check(),
      async timeProblem() {
        await clock.check();
        return clock.problem;
      },
      ...(limiter.shared !== undefined && { redisIsUp: () => limiter.shared === true }),
      isStopping: () => stopping,
    }),
    ...metricsRoutes(metrics),
    ...a2aEntrance.routes,
    ...(config.rootAgent === undefined ? discoveryRoutes(search, { url: publicUrl, version }) : []),
  ];
  for (const definition of routes) mountRoute(http, definition, authenticate);
  a2aEntrance.mount(http);
  const documented = [...routes, ...a2aEntrance.docs];
  serveDocs(http, () => JSON.stringify(openApiDocument(documented, { version, publicUrl: config.publicUrl })));

  const sockets = new TaskSockets({
    pipeline,
    admission,
    networkOf,
    undelivered,
    clock,
    messageBytesMax: config.requestBytesMax,
    anonymousMessageBytesMax: Math.min(config.anonymousRequestBytesMax, config.requestBytesMax),
    messageBytesInFlight: config.requestBytesInFlight,
    socketsMax: config.socketsMax,
    misses,
    corsOrigins,
    publicUrl,
  });
  const answerBytes = () => dialer.stats().answerBytes + undelivered.bytes;
  metrics.gauge("agentgate_answer_bytes_held", "Bytes of answers under way or not read yet", answerBytes);
  metrics.gauge("agentgate_socket_bytes_held", "Bytes of WebSocket messages under way", () => sockets.bytesHeld);
  serveUpgrades(http, { ...frame, unavailability }, [
    {
      pattern: TASK_SOCKET,
      handler: (request, head, context) => sockets.accept(request, head, socketCallerOf(request.headers, context)),
    },
  ]);

  const beginStop = () => {
    stopping = true;
    monitor.stop();
    sockets.close();
  };
  return {
    http,
    async ensureAgent(fields) {
      const [existing] = (await search.byName(fields.name, { orgId: null, limit: 1 })).agents;
      if (existing) return agents.update(existing.id, agentUpdate.parse(fields), { kind: "admin" });
      return agents.register(agentCreation.parse(fields), { kind: "admin" });
    },
    mintedAdminKey: adminKey.minted,
    start() {
      monitor.start();
      verifyInBackground(ledger, log);
      a2a.start();
    },
    beginStop,
    lateArrivals: () => lateArrivals,
    async close(drainMs) {
      beginStop();
      const cancelCut = clock.after(drainMs, () => {
        sockets.terminate();
        http.server.closeAllConnections();
      });
      const closed = http.close();
      connections.drain();
      await closed;
      cancelCut();
      await monitor.close();
      await leases.close();
      await a2a.close();
      await dialer.close(0);
      await cardIntake.settled();
      await Promise.race([pipeline.idle(), new Promise<void>((resolve) => clock.after(SETTLE_MS, resolve))]);
      await callLog
        .flush()
        .catch((error) => log.error({ err: error, lost: callLog.pending }, "log rows could not be written"));
      pendingUsage.close();
      alerts.close();
      orphanedWallets.close();
      idempotency.close();
      clock.close();
      await ledger.close();
      await limiter.close();
      metrics.close();
      await storage.close();
    },
  };
}

/** How long a stopping node waits for calls that were cut off to be settled and logged. */
const SETTLE_MS = 5_000;

const TASK_SOCKET = /^\/agents\/(?<id>[^/]{1,64})\/task\/ws$/;

/** What has to be read before anything can be put together. A database that cannot serve is closed again. */
async function openRecords(config: Config, world: World) {
  const { clock: machineClock, reference, random, log, failPoint, onStatement } = world;
  const { databaseUrl, dataDirectory, apiKey } = config;
  const storage = await openStorage({ databaseUrl, dataDirectory, clock: machineClock, log, onStatement });
  let clock: WatchedClock | undefined;
  try {
    const toleranceMs = config.clockToleranceSeconds * 1000;
    const compared = reference === undefined ? storage.clock : (reference ?? undefined);
    clock = await WatchedClock.open({ clock: machineClock, log, toleranceMs, reference: compared });
    // Before anything is written: a secret that does not fit harms nothing.
    const sealer = await openSealer({ ...config, storage, places: sealedPlaces, random, log });
    const adminKey = await settleAdminKey(storage, random, apiKey);
    const ledger = await Ledger.open({ storage, clock, random, log, failPoint });
    clock.judgeBy(journalDates(ledger, { toleranceMs, acceptedUntilMs: config.ledgerDatesUntil }));
    await clock.check();
    return { storage, adminKey, ledger, sealer, clock };
  } catch (error) {
    clock?.close();
    await storage.close();
    throw error;
  }
}

/** Where this server is reached when no public URL is set. */
function addressOf(http: FastifyInstance, config: Config): string {
  const address = http.server.address();
  const port = typeof address === "object" && address ? address.port : config.port;
  const host = ["0.0.0.0", "::"].includes(config.host) ? "127.0.0.1" : config.host;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The sums were checked before the first call; the whole chain is walked while calls are answered. */
function verifyInBackground(ledger: Ledger, log: Log): void {
  ledger.verify().then(
    (report) => {
      if (!report.ok) log.error({ problems: report.problems }, "the ledger is not intact; see agentgate ledger verify");
    },
    (error) => log.warn({ err: error }, "the ledger could not be verified"),
  );
}

/** Whether the keys and the agent that a request names are in memory. */
function isRemembered(request: FastifyRequest, principals: Principals, agents: AgentRegistry): boolean {
  const path = request.routeOptions.url ?? "";
  const { id } = request.params as { id?: string };
  const keys = [bearerKey(request.headers.authorization), [request.headers["x-agentgate-payer-key"]].flat()[0]];
  if (path.startsWith("/agents/by-name/")) return false;
  if (path.startsWith("/agents/:id") && id !== undefined && !agents.remembers(id.toLowerCase())) return false;
  return keys.every((key) => !key || principals.remembers(key));
}

/** Connections that are let in, where the system does not tell how many there can be. */
const CONNECTIONS_MAX = 50_000;
const CONNECTIONS_PER_NETWORK = 2_048;

function connectionBounds({ connectionsMax, connectionsPerAddress }: Config) {
  const total = connectionsMax ?? Math.min(connectionsByDescriptors() ?? CONNECTIONS_MAX, CONNECTIONS_MAX);
  const perNetwork = connectionsPerAddress ?? Math.max(1, Math.min(CONNECTIONS_PER_NETWORK, Math.floor(total / 4)));
  return { total, perNetwork };
}

function topupModeOf({ topup, topupCheckoutUrl }: Config): TopupMode {
  return topup === "provider" ? { kind: topup, checkoutUrl: topupCheckoutUrl ?? "" } : { kind: topup };
}
