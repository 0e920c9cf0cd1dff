import type * as wire from "@agentgate/protocol";
import { asked, at, type CallOptions, type GatewayTransport, singular } from "../http/index.ts";
import type { LogOptions } from "./call-filter.ts";

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
  list(options?: LogPageOptions): Promise<wire.LogPage> {
    return this.#http.json({ path: "/logs", ...asked(singular(options)) });
  }

  /** Each call, newest first, page by page as they are taken. */
  all(options?: LogPageOptions): AsyncGenerator<wire.LogEntry, void> {
    return this.#http.each({ path: "/logs", ...asked(singular({ limit: 500, ...options })) });
  }

  /** One call: its row, how its time was spent, its payment, its webhooks and the calls that its agent made. */
  get(id: string, call?: CallOptions): Promise<wire.LogDetails> {
    return this.#http.json({ path: at`/logs/${id}`, ...call });
  }

  /** How many there were over time, of the last day unless said otherwise. */
  histogram(options?: LogOptions): Promise<wire.LogHistogram> {
    return this.#http.json({ path: "/logs/histogram", ...asked(singular(options)) });
  }

  /** What they have in common, of the last day unless said otherwise. */
  facets(options?: LogOptions): Promise<wire.LogFacets> {
    return this.#http.json({ path: "/logs/facets", ...asked(singular(options)) });
  }

  /** All of them in one text, in pieces as they come. */
  export(format: "ndjson" | "csv", options?: Omit<LogPageOptions, "limit">): AsyncGenerator<string, void> {
    return this.#http.pieces({ path: "/logs", ...asked(singular({ ...options, format })) });
  }
}
