import type * as wire from "@agentgate/protocol";
import type { PageOptions } from "../agents/index.ts";
import { asked, at, type CallOptions, GatewayRoom } from "../http/index.ts";
import { CallLogs } from "./call-logs.ts";
import type { EventOptions } from "./followed-events.ts";
import { Statistics } from "./statistics.ts";

export interface UsageBreakdownOptions extends CallOptions {
  period?: wire.UsagePeriodLength | undefined;
  /** 1 to 365, 30 by default. */
  days?: number | undefined;
}

/** How agents were called. */
export abstract class UsageCalls extends GatewayRoom {
  /** The agent's calls, newest first. */
  getAgentLogs(id: string, options?: PageOptions): Promise<wire.LogEntry[]> {
    return this.http.list({ path: at`/agents/${id}/logs`, ...asked(options) });
  }

  /** All of them, each as it is taken. */
  agentLogs(id: string, call?: CallOptions): AsyncGenerator<wire.LogEntry, void> {
    return this.logs.all({ agentIds: [id], ...call });
  }

  getAgentUsage(id: string, call?: CallOptions): Promise<wire.AgentUsage> {
    return this.http.json({ path: at`/agents/${id}/usage`, ...call });
  }

  getAgentUsageBreakdown(id: string, options?: UsageBreakdownOptions): Promise<wire.UsageBreakdown> {
    return this.http.json({ path: at`/agents/${id}/usage/breakdown`, ...asked(options) });
  }

  /** The calls themselves, by any filter. */
  get logs(): CallLogs {
    return new CallLogs(this.http);
  }

  /** Calls over time, their largest parts, and how agents do. */
  get stats(): Statistics {
    return new Statistics(this.http);
  }

  /** What happens, as it happens: until the loop is left. After a break it goes on behind the last call that was told. */
  async *followEvents(options: EventOptions = {}): AsyncGenerator<wire.GatewayEvent, void> {
    const { followEvents } = await import("./followed-events.ts");
    yield* followEvents(this.http, options);
  }
}
