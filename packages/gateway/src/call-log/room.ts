import type { RouteDefinition } from "../http/index.ts";
import type { AddGauge, Clock, Log } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { WebhooksRoom } from "../webhooks/index.ts";
import { CallLog } from "./call-log.ts";
import { PendingUsage } from "./pending-usage.ts";
import { type CallLogFaceOptions, callLogRoutes } from "./routes.ts";
import { CallLogStore } from "./store.ts";

export interface CallLogRoomOptions extends Pick<CallLogFaceOptions, "managedAgent"> {
  storage: Storage;
  clock: Clock;
  log: Log;
  gauge: AddGauge;
  webhooks: Pick<WebhooksRoom, "announcer">;
}

export interface CallLogRoom {
  callLog: CallLog;
  callLogStore: CallLogStore;
  routes: RouteDefinition[];
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

/** One row for each call, and the totals of them. */
export function openCallLog({ storage, clock, log, gauge, managedAgent, webhooks }: CallLogRoomOptions): CallLogRoom {
  const callLogStore = new CallLogStore(storage, webhooks.announcer);
  const callLog = new CallLog({ write: (entries) => callLogStore.write(entries), clock, log });
  const pendingUsage = new PendingUsage({ store: callLogStore, clock, log });
  gauge("agentgate_call_log_pending", "Log rows not yet written", () => callLog.pending);
  gauge("agentgate_call_log_lost", "Log rows that could not be written since the start", () => callLog.lost);
  return {
    callLog,
    callLogStore,
    routes: callLogRoutes({ log: callLog, store: callLogStore, clock, managedAgent }),
    async close() {
      await callLog
        .flush()
        .catch((error) => log.error({ err: error, lost: callLog.pending }, "log rows could not be written"));
      pendingUsage.close();
    },
  };
}
