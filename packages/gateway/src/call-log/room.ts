import type { Principal, RouteDefinition } from "../http/index.ts";
import { type Leases, Retention } from "../leases/index.ts";
import type { AddGauge, Clock, Log, NetworkOf } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { WebhooksRoom } from "../webhooks/index.ts";
import { CallLog } from "./call-log.ts";
import { LogKeeping } from "./keeping/log-keeping.ts";
import { PendingUsage } from "./pending-usage.ts";
import { AgentStats } from "./rollups/agent-stats.ts";
import { CallStats } from "./rollups/call-stats.ts";
import { Folding } from "./rollups/folding.ts";
import { keptRollups } from "./rollups/forgetting.ts";
import { PublicDays } from "./rollups/public-days.ts";
import { PublicStatistics } from "./rollups/public-stats.ts";
import { RollupReader } from "./rollups/rollup-reader.ts";
import { statsRoutes } from "./rollups/stats-routes.ts";
import { type CallLogFaceOptions, callLogRoutes } from "./routes.ts";
import { LogDetails, type LogDetailsOptions } from "./search/log-details.ts";
import { LogSearch } from "./search/log-search.ts";
import { type SearchFaceOptions, searchRoutes } from "./search/search-routes.ts";
import { type CallerNames, CallLogStore } from "./store.ts";

type SeenAgent = { id: string; name: string } | undefined;

export interface CallLogRoomOptions extends Pick<CallLogFaceOptions, "managedAgent"> {
  /** What the room reads of the gateway's settings. */
  settings: { anonymousReviews: boolean; logDays: number };
  storage: Storage;
  leases: Leases;
  networkOf: NetworkOf;
  clock: Clock;
  log: Log;
  gauge: AddGauge;
  webhooks: Pick<WebhooksRoom, "announcer" | "deliveriesOfCall">;
  ledgerEntryOf: LogDetailsOptions["ledgerEntryOf"];
  /** The agent, where this caller sees it. */
  seenAgent(id: string, caller: Principal): SeenAgent | Promise<SeenAgent>;
}

export interface CallLogRoom {
  callLog: CallLog;
  callLogStore: CallLogStore;
  callStats: CallStats;
  publicStats: PublicStatistics;
  publicDays: PublicDays;
  /** Whether the agent has done a task for this caller: `org:` and an id, `key:` and the hash of the agent's own key, `ip:` and an address or network. */
  hasServed(agentId: string, caller: string): Promise<boolean>;
  /** @param face asks who has a key, which is known above */
  routesFor(face: Pick<SearchFaceOptions, "keyWatch">): RouteDefinition[];
  start(): void;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

/** One row for each call, and the totals of them. */
export function openCallLog(options: CallLogRoomOptions): CallLogRoom {
  const { settings, storage, networkOf, clock, log, gauge, managedAgent, webhooks } = options;
  const namesOf = callerNames(settings.anonymousReviews, networkOf);
  const callLogStore = new CallLogStore(storage, webhooks.announcer, namesOf);
  const callLog = new CallLog({ write: (entries) => callLogStore.write(entries), clock, log });
  const search = new LogSearch({ storage, clock });
  const pendingUsage = new PendingUsage({ store: callLogStore, clock, log });
  const reader = new RollupReader(storage);
  const agentStats = new AgentStats(storage);
  const folding = new Folding({
    ...options,
    async fold() {
      const now = BigInt(Math.floor(clock.now() / 1000));
      const [isMore, isMoreDue] = [await callLogStore.rollups.fold(now), await agentStats.compute(now)];
      return isMore || isMoreDue;
    },
  });
  const retentions = keptRollups(storage).map((kept) => new Retention(options, kept));
  const keeping = new LogKeeping({ ...options, days: settings.logDays });
  const callStats = new CallStats({ store: callLogStore, reader, agentStats, clock });
  const publicStats = new PublicStatistics(storage, reader, clock);
  gauge("agentgate_call_log_pending", "Log rows not yet written", () => callLog.pending);
  gauge("agentgate_call_log_lost_total", "Log rows that could not be written.", () => callLog.lost);
  return {
    callLog,
    callLogStore,
    callStats,
    publicStats,
    publicDays: new PublicDays(reader, clock),
    async hasServed(agentId, caller) {
      if (await callLogStore.hasServed(agentId, caller)) return true;
      // The task may have been done a moment ago.
      await callLog.flush();
      return callLogStore.hasServed(agentId, caller);
    },
    routesFor: ({ keyWatch }) => [
      ...searchRoutes({
        ...options,
        keyWatch,
        search,
        details: new LogDetails({ ...options, search }),
        flush: () => callLog.flush(),
        agentNames: agentNames(options.seenAgent),
      }),
      ...callLogRoutes({ log: callLog, store: callLogStore, clock, managedAgent }),
      ...statsRoutes({
        ...options,
        reader,
        flush: () => callLog.flush(),
        agentNames: agentNames(options.seenAgent),
        publicStats,
      }),
    ],
    start() {
      folding.start();
      keeping.start();
      for (const retention of retentions) retention.start();
    },
    async close() {
      await callLog
        .close()
        .catch((error) => log.error({ err: error, lost: callLog.pending }, "log rows could not be written"));
      pendingUsage.close();
      await Promise.all([folding, keeping, ...retentions].map((work) => work.close()));
    },
  };
}

/** Of an agent that one does not see any more the name is told as little as of one that is gone. */
const agentNames =
  (seenAgent: CallLogRoomOptions["seenAgent"]): SearchFaceOptions["agentNames"] =>
  async (ids, caller) => {
    const seen = await Promise.all(ids.map((id) => seenAgent(id, caller)));
    return new Map(seen.flatMap((agent) => (agent ? [[agent.id, agent.name]] : [])));
  };

/** Organizations are known by their ids. Other callers are asked for only where those without a key may review, and then by address too. */
const callerNames =
  (anonymous: boolean, networkOf: NetworkOf): CallerNames =>
  ({ caller, callerIp }) => {
    const isOrg = caller.startsWith("org:");
    if (!anonymous) return isOrg ? [caller] : [];
    const address = `ip:${networkOf(callerIp)}`;
    return isOrg || caller.startsWith("key:") ? [caller, address] : [address];
  };
