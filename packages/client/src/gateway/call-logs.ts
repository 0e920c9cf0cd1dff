import type * as wire from "@agentgate/protocol";
import type { CallOptions, GatewayTransport } from "./gateway-transport.ts";

/** Which calls are meant; filters hold together, of a list any may. */
export interface LogOptions extends CallOptions {
  /** `owner` (the default): calls to agents that were the organization's then; `payer`: calls that it paid for. */
  role?: "owner" | "payer" | undefined;
  /** For the admin: one organization's; without it, all. */
  orgId?: string | undefined;
  /** Fifty at most. */
  agentIds?: readonly string[] | undefined;
  status?: "success" | "error" | undefined;
  /** Kinds of failure: `timeout`, `http_500`… */
  errors?: readonly string[] | undefined;
  entrances?: readonly string[] | undefined;
  payerOrgId?: string | undefined;
  taskId?: string | undefined;
  traceId?: string | undefined;
  contextId?: string | undefined;
  requestId?: string | undefined;
  parentId?: string | undefined;
  keyId?: string | undefined;
  callerIp?: string | undefined;
  /** Milliseconds. */
  latencyMin?: number | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
}

export interface LogPageOptions extends LogOptions {
  /** `next` of the page before. */
  before?: string | undefined;
  /** 50 by default, 500 at most. */
  limit?: number | undefined;
}

/** The calls of an organization, as an owner or as a payer; to the admin, everybody's. */
export class CallLogs {
  readonly #http: GatewayTransport;

  constructor(http: GatewayTransport) {
    this.#http = http;
  }

  /** A page, newest first. One may have fewer than there are, and even none: `next` goes on where the search's time was over. */
  list({ before, limit, ...options }: LogPageOptions = {}): Promise<wire.LogPage> {
    const { query, call } = asked(options);
    return this.#http.json({ path: "/logs", query: { ...query, before, limit }, ...call });
  }

  /** Each call, newest first, page by page as they are taken. */
  async *all(options: LogPageOptions = {}): AsyncGenerator<wire.LogEntry, void> {
    for (let before = options.before; ; ) {
      const { entries, next } = await this.list({ limit: 500, ...options, before });
      yield* entries;
      if (next === null || next === before) return;
      before = next;
    }
  }

  /** One call: its row, how its time was spent, its payment, its webhooks and the calls that its agent made. */
  get(id: string, call?: CallOptions): Promise<wire.LogDetails> {
    return this.#http.json({ path: `/logs/${encodeURIComponent(id)}`, ...call });
  }

  /** How many there were over time, of the last day unless said otherwise. */
  histogram(options: LogOptions = {}): Promise<wire.LogHistogram> {
    const { query, call } = asked(options);
    return this.#http.json({ path: "/logs/histogram", query, ...call });
  }

  /** What they have in common, of the last day unless said otherwise. */
  facets(options: LogOptions = {}): Promise<wire.LogFacets> {
    const { query, call } = asked(options);
    return this.#http.json({ path: "/logs/facets", query, ...call });
  }

  /** All of them in one text, in pieces as they come. */
  export(format: "ndjson" | "csv", { before, ...options }: Omit<LogPageOptions, "limit"> = {}) {
    const { query, call } = asked(options);
    return this.#http.pieces({ path: "/logs", query: { ...query, before, format }, ...call });
  }
}

function asked(options: LogOptions) {
  const { role, orgId, agentIds, status, errors, entrances, payerOrgId, taskId, traceId, contextId, ...rest } = options;
  const { requestId, parentId, keyId, callerIp, latencyMin, from, to, ...call } = rest;
  const query = {
    ...{ role, status, org_id: orgId, agent_id: agentIds?.join(","), error: errors?.join(",") },
    ...{ entrance: entrances?.join(","), payer_org_id: payerOrgId, task_id: taskId, trace_id: traceId },
    ...{ context_id: contextId, request_id: requestId, parent_id: parentId, key_id: keyId, caller_ip: callerIp },
    ...{ latency_min: latencyMin, from: from?.toISOString(), to: to?.toISOString() },
  };
  return { query, call };
}
