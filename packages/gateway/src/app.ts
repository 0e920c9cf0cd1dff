import { openA2A, type Shop } from "./a2a/index.ts";
import { openAgents } from "./agents/index.ts";
import { openAnalytics } from "./analytics/index.ts";
import { openAudit } from "./audit/index.ts";
import { closeWallet, openBilling } from "./billing/index.ts";
import { openCallLog, usageAudit } from "./call-log/index.ts";
import { openChains } from "./chains/index.ts";
import { type Config, settingsWithRisks } from "./config/index.ts";
import { openDeploy } from "./deploy/index.ts";
import { openDirectory } from "./directory/index.ts";
import { openLiveEvents } from "./events/index.ts";
import type { Gateway, World } from "./gateway.ts";
import { openHealth } from "./health/index.ts";
import { openHttp } from "./http/index.ts";
import { openIdempotency } from "./idempotency/index.ts";
import { openKeys } from "./keys/index.ts";
import { openLeases } from "./leases/index.ts";
import { openLedger } from "./ledger/index.ts";
import { openLimits } from "./limits/index.ts";
import { openMcp } from "./mcp/index.ts";
import { openMcpServers } from "./mcp-servers/index.ts";
import { openMetrics } from "./metrics/index.ts";
import { openNodes } from "./nodes/index.ts";
import { openOrgs } from "./orgs/index.ts";
import { openOutbound } from "./outbound/index.ts";
import { openRouting } from "./routing/index.ts";
import { createTimestamps, FollowedLog, Lifecycle, networksOf, WatchedClock } from "./runtime/index.ts";
import { sealedPlaces } from "./sealed-places.ts";
import { openSealer } from "./secrets/index.ts";
import { openStorage, unavailability } from "./storage/index.ts";
import { openTelemetry } from "./telemetry/index.ts";
import { openUcp, shopExtensions } from "./ucp/index.ts";
import { version } from "./version.ts";
import { openWeb } from "./web/index.ts";
import { openWebhooks } from "./webhooks/index.ts";

export type { Gateway, World };

/**
 * The composition root: the one place where rooms meet. Each opens itself, here they are opened floor by floor, and closed the other way
 * round: first whatever answers callers, last what everything is kept in.
 */
export const createGateway = (config: Config, world: World): Promise<Gateway> =>
  Lifecycle.open(world.log, (life) => openRooms(config, world, life));

async function openRooms(settings: Config, world: World, life: Lifecycle): Promise<Gateway> {
  const { random, onStatement, failPoint } = world;
  const log = new FollowedLog(world.log);

  // The ground. Nothing is written before the secret key is known to fit.
  const metrics = life.add("metrics", openMetrics());
  const stored = { ...settings, clock: world.clock, log, onStatement, gauge: metrics.gauge };
  const storage = life.add("storage", await openStorage(stored));
  const reference = world.reference === undefined ? storage.clock : (world.reference ?? undefined);
  const toleranceMs = settings.clockToleranceSeconds * 1000;
  const clock = life.add("clock", await WatchedClock.open({ clock: world.clock, log, toleranceMs, reference }));
  const sealer = await openSealer({ ...settings, storage, places: sealedPlaces, random, log });
  const timestamps = createTimestamps(clock);
  const networkOf = networksOf(settings.ipv6Prefix);
  const { gauge } = metrics;
  const ground = { settings, version, storage, sealer, clock, random, timestamps, log, gauge, networkOf };

  const limits = life.add("limits", await openLimits(ground));
  const outbound = life.add("outbound", openOutbound(ground));
  const { tracing } = life.add("telemetry", await openTelemetry({ ...ground, outbound, metrics }));
  const http = life.add("http", openHttp({ ...ground, unavailability }));
  const { publicUrl, isStopping } = http;
  const leases = life.add("leases", openLeases(ground));
  const inForce = { settingsInForce: settingsWithRisks(settings), valueOfGauge: metrics.registry.valueOf };
  const nodes = life.add("nodes", openNodes({ ...ground, ...inForce, leases }));
  const { auditLog, auditRoutesFor, onRefused } = life.add("audit", openAudit({ ...ground, leases }));
  const webhooks = life.add("webhooks", openWebhooks({ ...ground, auditLog, leases, dialer: outbound.dialer }));
  const mcpServers = life.add("mcp servers", openMcpServers({ ...ground, dialer: outbound.dialer }));
  const base = { ...ground, auditLog, dialer: outbound.dialer, mcpServers, publicUrl, leases, webhooks, tracing };

  // The records.
  const audits = [usageAudit(storage)];
  const { ledger, deadlineClock } = life.add("ledger", await openLedger({ ...base, audits, failPoint }));
  const idempotency = life.add("idempotency", openIdempotency({ ...ground, deadlineClock }));
  const keys = life.add("keys", openKeys({ ...base, budgetAccounts: (of) => ledger.queries.budgets(of) }));
  const hasServed = (agentId: string, caller: string): Promise<boolean> => calls.hasServed(agentId, caller);
  const registry = life.add("agents", openAgents({ ...base, limiter: limits.limiter, hasServed }));
  const { agents, cards, credentials, mcpTools, lookingFor } = registry;
  const managedAgent = agents.managed.bind(agents);
  const seenAgent = agents.see.bind(agents);
  const ledgerEntryOf = ledger.queries.transaction.bind(ledger.queries);
  const calls = life.add("call log", openCallLog({ ...base, managedAgent, seenAgent, ledgerEntryOf }));
  const { callLog, callLogStore } = calls;

  const analytics = life.add("analytics", await openAnalytics({ ...base, outbound }));

  // Who exists, and whether it lives.
  const orgs = await openOrgs({
    ...base,
    auditRoutesFor,
    agents,
    keys,
    balancesOf: (ids) => ledger.queries.postedBalances(ids),
    closeWallet: (...wallet) => closeWallet({ ...base, ledger }, ...wallet),
  });
  const watched = { agents, credentials, mcpTools, callStats: calls.callStats, limiter: limits.limiter, isStopping };
  const health = life.add("health", openHealth({ ...base, ...watched }));

  // The pipeline, and the views of money.
  const records = {
    ...base,
    agents,
    cards,
    credentials,
    mcpTools,
    lookingFor,
    callLog,
    callLogStore,
    ledger,
    idempotency,
  };
  const billing = life.add(
    "billing",
    openBilling({ ...records, orgs: orgs.orgs, keyWatch: orgs.keyWatch, onOrgDeleted: orgs.onDeleted }),
  );
  const { onRecorded } = billing;
  const routing = life.add(
    "routing",
    openRouting({ ...records, ...registry.sites, http, limits, orgs, metrics: metrics.tasks, onRecorded }),
  );

  // Who is hosted.
  const hosting = { http, orgs, reportHealth: health.report };
  const deploy = life.add("deploy", await openDeploy({ ...records, ...hosting }));

  const directory = openDirectory(base);
  const live = life.add("events", openLiveEvents({ ...records, http, orgs, health }));

  // The entrances that speak a protocol.
  const holdState = ledger.queries.holdState.bind(ledger.queries);
  const shop: Shop = { extensions: shopExtensions(), answer: (asked) => ucp.messages.answer(asked) };
  const a2a = life.add("a2a", await openA2A({ ...records, http, routing, orgs, holdState, shop }));

  const { forSale } = registry;
  const statuses = health.statuses;
  const ucp = life.add("ucp", await openUcp({ ...records, http, limits, forSale, orgs, statuses, routing }));

  const chains = life.add("chains", openChains({ ...records, http, orgs, routing }));

  const mcp = life.add("mcp", openMcp({ ...records, http, limits, orgs, routing, a2a, ucp, skills: registry.skills }));

  const web = openWeb({ ...ground, publicUrl, limits, orgs, registry, calls, health, a2a });

  // In the order in which the API's document tells of them.
  const rooms = [
    ...[registry, routing, a2a, chains, orgs, billing, { routes: calls.routesFor(orgs) }, webhooks, live],
    ...[ucp, mcp, deploy, health, metrics, nodes, analytics, web],
  ];
  const server = life.add(
    "server",
    http.serve({
      routes: [...rooms, directory].flatMap(({ routes }) => routes),
      docs: [...a2a.docs, ...mcp.docs],
      mounts: [a2a.mount, mcp.mount, web.mount, (app) => ucp.binding.serve(app)],
      sockets: routing.sockets,
      ...web.callers,
      onRefused,
      refuse: (...refused) => a2a.refuse(...refused) ?? mcp.refuse(...refused),
      senderOf: routing.senderOf(a2a.notifierOf),
      isRemembered: routing.isRemembered,
      misses: limits.misses,
    }),
  );
  return {
    http: server.app,
    ensureAgent: registry.ensure,
    mintedAdminKey: orgs.mintedAdminKey,
    signInLink: web.adminLink,
    start: () => life.start(),
    beginStop: () => life.beginStop(),
    lateArrivals: server.lateArrivals,
    close: (drainMs) => life.close(drainMs),
  };
}
