import type * as wire from "@agentgate/protocol";
import { type CallOptions, GatewayRoom } from "../http/index.ts";

/** What whoever runs the gateway looks at. */
export abstract class OperatorCalls extends GatewayRoom {
  /** Walks the whole ledger and tells what is wrong with it, if anything. Admin only. */
  verifyLedger(call?: CallOptions): Promise<wire.LedgerReport> {
    return this.http.json({ path: "/admin/ledger/verify", ...call });
  }

  /** Money by kinds of accounts, and how far the ledger was verified in the background. Admin only. */
  getLedgerState(call?: CallOptions): Promise<wire.LedgerState> {
    return this.http.json({ path: "/admin/ledger/state", ...call });
  }

  /** The gateway's nodes. */
  listNodes(call?: CallOptions): Promise<wire.GatewayNode[]> {
    return this.http.list({ path: "/nodes", ...call });
  }

  /** Where the call log is written for good, and how far. */
  listLogSinks(call?: CallOptions): Promise<wire.LogSink[]> {
    return this.http.list({ path: "/log-sinks", ...call });
  }

  /** The settings of the node that answers, secrets masked. */
  listSettings(call?: CallOptions): Promise<wire.GatewaySetting[]> {
    return this.http.list({ path: "/settings", ...call });
  }

  /** Whether the gateway lives, and its version. */
  health(call?: CallOptions): Promise<wire.GatewayHealth> {
    return this.http.json({ path: "/health", ...call });
  }

  /** Whether the gateway can work: its database and Redis. Throws with status 503 while it cannot. */
  readiness(call?: CallOptions): Promise<Record<string, unknown>> {
    return this.http.json({ path: "/health/ready", retries: 0, ...call });
  }

  metrics(call?: CallOptions): Promise<wire.TaskMetricsReport> {
    return this.http.json({ path: "/metrics", ...call });
  }

  /** The metrics in Prometheus' text format. */
  async metricsText(call?: CallOptions): Promise<string> {
    const { text } = await this.http.text({ path: "/metrics", headers: { accept: "text/plain" }, ...call });
    return text;
  }
}
