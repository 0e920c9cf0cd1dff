import type * as wire from "@agentgate/protocol";
import { asked, at, type CallOptions, type GatewayTransport, singular } from "../http/index.ts";

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
  /** Also how many calls of each span took how long. */
  heat?: boolean | undefined;
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
  series(options?: SeriesOptions): Promise<wire.StatsSeries> {
    return this.#http.json({ path: "/stats/series", ...asked(singular(options)) });
  }

  /** The agents, failures or payers with most calls. */
  top(by: wire.StatsBreakdown, options?: TopOptions): Promise<wire.StatsTop> {
    return this.#http.json({ path: "/stats/top", ...asked(singular({ ...options, by })) });
  }

  /** What the gateway tells everybody of itself. */
  public(call?: CallOptions): Promise<wire.PublicStats> {
    return this.#http.json({ path: "/stats/public", ...call });
  }

  /** How an agent does when it is called, and when it is looked at. @param options `days`: UTC days, today included; 30 by default, 90 at most */
  agent(id: string, options?: CallOptions & { days?: number | undefined }): Promise<wire.AgentStats> {
    return this.#http.json({ path: at`/agents/${id}/stats`, ...asked(options) });
  }
}
