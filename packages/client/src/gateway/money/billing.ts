import type * as wire from "@agentgate/protocol";
import { asked, at, type CallOptions, GatewayRoom } from "../http/index.ts";

export interface StatementOptions extends CallOptions {
  /** `next_after` of the page before. */
  after?: string | undefined;
  /** Lines; 1,000 by default and at most. */
  limit?: number | undefined;
}

/** What an organization's own agents were called for, and its account by months. */
export abstract class BillingCalls extends GatewayRoom {
  getOrgBilling(id: string, call?: CallOptions): Promise<wire.OrgBilling> {
    return this.http.json({ path: at`/orgs/${id}/billing`, ...call });
  }

  getOrgBillingBreakdown(id: string, call?: CallOptions): Promise<wire.OrgBillingBreakdown> {
    return this.http.json({ path: at`/orgs/${id}/billing/breakdown`, ...call });
  }

  /** The same as CSV, in pieces as they come. */
  exportOrgBillingBreakdown(id: string, call?: CallOptions): AsyncGenerator<string, void> {
    return this.http.pieces({ path: at`/orgs/${id}/billing/breakdown`, query: { format: "csv" }, ...call });
  }

  /**
   * A page of a month's account: opening balance, every movement, closing balance.
   * @param month a calendar month in UTC: `2026-11`
   */
  getOrgStatement(id: string, month: string, options?: StatementOptions): Promise<wire.Statement> {
    return this.http.json({ path: at`/orgs/${id}/statement`, ...asked({ ...options, month }) });
  }

  /** Each movement of a month, oldest first, as it is taken. */
  statementLines(id: string, month: string, call?: CallOptions): AsyncGenerator<wire.StatementLine, void> {
    return this.http.each({ path: at`/orgs/${id}/statement`, query: { month }, ...call }, "lines");
  }

  /** The whole of a month's account as CSV, in pieces as they come. */
  exportOrgStatement(id: string, month: string, call?: CallOptions): AsyncGenerator<string, void> {
    return this.http.pieces({ path: at`/orgs/${id}/statement`, query: { month, format: "csv" }, ...call });
  }
}
