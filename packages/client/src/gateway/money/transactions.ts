import type * as wire from "@agentgate/protocol";
import type { PageOptions } from "../agents/index.ts";
import { asked, at, type CallOptions, GatewayRoom } from "../http/index.ts";

/** Which transactions. */
export interface TransactionFilter extends CallOptions {
  role?: wire.TransactionRole | undefined;
}

export interface ListTransactionsOptions extends TransactionFilter, PageOptions {}

/** Who paid whom. */
export abstract class TransactionCalls extends GatewayRoom {
  /** Newest first. */
  listOrgTransactions(id: string, options?: ListTransactionsOptions): Promise<wire.Transaction[]> {
    return this.http.list({ path: at`/orgs/${id}/transactions`, ...asked(options) });
  }

  /**
   * Each transaction, newest first, page by page as they are taken.
   * @throws {@link GatewayError} 422 behind the last that the list tells of: older ones are in the monthly statements
   */
  transactions(orgId: string, filter?: TransactionFilter): AsyncGenerator<wire.Transaction, void> {
    return this.http.each({ path: at`/orgs/${orgId}/transactions`, ...asked({ ...filter, limit: 200, offset: 0 }) });
  }

  getOrgTransactionSummary(id: string, call?: CallOptions): Promise<wire.TransactionSummary> {
    return this.http.json({ path: at`/orgs/${id}/transactions/summary`, ...call });
  }
}
