import type * as wire from "@agentgate/protocol";
import type { CallOptions, GatewayTransport } from "./gateway-transport.ts";

/** Which calls are meant, and of what time. */
export interface StatsOptions extends CallOptions {
  /** `owner` (the default): calls to the organization's agents; `payer`: those that it pays for. */
  role?: "owner" | "payer" | undefined;
  /** For the admin: one organization's; without it, all. */
  orgId?: string | undefined;
  /** To these agents alone, fifty at most. */
  agentIds?: readonly string[] | undefined;
  /** By default a day before `to`. */
  from?: Date | undefined;
  /** By default now. */
  to?: Date | undefined;
}

export interface SeriesOptions extends StatsOptions {
  by?: wire.StatsBreakdown | undefined;
  /** Seconds: 60, 300, 900, 3600, 10800, 21600, 43200 or 86400; by default what suits the time. */
  step?: number | undefined;
  /** Also as long a time just before. */
  compare?: boolean | undefined;
}

export interface TopOptions extends StatsOptions {
  sort?: "calls" | "errors" | "spent" | "earned" | undefined;
  /** 10 by default, 100 at most. */
  limit?: number | undefined;
}

/** Calls over time: how many, how fast, for how much. */
export class Statistics {
  readonly #http: GatewayTransport;

  constructor(http: GatewayTransport) {
    this.#http = http;
  }

  /** Calls by spans of time. */
  series({ by, step, compare, ...options }: SeriesOptions = {}): Promise<wire.StatsSeries> {
    const { query, call } = asked(options);
    return this.#http.json({ path: "/stats/series", query: { ...query, by, step, compare }, ...call });
  }

  /** The agents, failures or payers with most calls. */
  top(by: wire.StatsBreakdown, { sort, limit, ...options }: TopOptions = {}): Promise<wire.StatsTop> {
    const { query, call } = asked(options);
    return this.#http.json({ path: "/stats/top", query: { ...query, by, sort, limit }, ...call });
  }

  /** What the gateway tells everybody of itself. */
  public(call?: CallOptions): Promise<wire.PublicStats> {
    return this.#http.json({ path: "/stats/public", ...call });
  }

  /** How an agent does when it is called, and when it is looked at. @param options `days`: UTC days, today included; 30 by default, 90 at most */
  agent(id: string, { days, ...call }: CallOptions & { days?: number | undefined } = {}): Promise<wire.AgentStats> {
    return this.#http.json({ path: `/agents/${encodeURIComponent(id)}/stats`, query: { days }, ...call });
  }
}

function asked({ role, orgId, agentIds, from, to, ...call }: StatsOptions) {
  const query = {
    role,
    org_id: orgId,
    agent_id: agentIds?.join(","),
    from: from?.toISOString(),
    to: to?.toISOString(),
  };
  return { query, call };
}
