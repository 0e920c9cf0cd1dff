import { type AuditLog, byGateway } from "../audit/index.ts";
import type { Delivery } from "../outbox/index.ts";
import type { Clock, Log, Timestamps } from "../runtime/index.ts";
import type { Announcer } from "./announcer.ts";
import type { Endpoint } from "./endpoint.ts";
import { endpointChange } from "./endpoint-changes.ts";
import type { EndpointStore } from "./endpoint-store.ts";

export interface EndpointConditionOptions {
  endpoints: EndpointStore;
  announcer: Announcer;
  auditLog: AuditLog;
  clock: Clock;
  timestamps: Timestamps;
  log: Log;
}

const DAY_MS = 24 * 3_600_000;
/** An endpoint that took nothing for so long is told nothing more (Standard Webhooks). */
const FAILING_MS_MAX = 5 * DAY_MS;

/** Keeps in mind how long an endpoint has been failing, and disables one that is gone. What changes is written, what stays is not. */
export class EndpointCondition {
  readonly #options: EndpointConditionOptions;

  constructor(options: EndpointConditionOptions) {
    this.#options = options;
  }

  /** @param endpoint as it was when the attempt was made */
  async after(endpoint: Endpoint, delivery: Delivery): Promise<void> {
    // What the receiver has got it has got, whether this can be written or not.
    await this.#note(endpoint, delivery).catch((error) =>
      this.#options.log.warn({ err: error, endpointId: endpoint.id }, "a webhook endpoint's condition was not written"),
    );
  }

  async #note(endpoint: Endpoint, delivery: Delivery): Promise<void> {
    if (delivery.kind === "postponed") return;
    const { kind, note } = delivery;
    switch (kind) {
      case "delivered":
        if (endpoint.failingSince !== null) await this.#set(endpoint.id, { failingSince: null });
        return;
      case "gone":
        await this.#disable(endpoint, `it answered ${note?.status ?? 410}: it wants no more`);
        return;
      case "failed":
        if (endpoint.failingSince === null) await this.#set(endpoint.id, { failingSince: this.#options.timestamps() });
        else if (this.#failsTooLong(endpoint.failingSince))
          await this.#disable(endpoint, `nothing was delivered for five days; the last attempt: ${note?.error}`);
    }
  }

  #failsTooLong(since: bigint): boolean {
    return this.#options.clock.now() - Number(since / 1000n) >= FAILING_MS_MAX;
  }

  async #set(id: string, change: Pick<Endpoint, "failingSince">): Promise<void> {
    const isThere = (one: Endpoint) => (one.failingSince === null) === (change.failingSince === null);
    await this.#options.endpoints.update(id, (one) => (isThere(one) ? one : { ...one, ...change }));
  }

  async #disable({ id, url }: Endpoint, reason: string): Promise<void> {
    const { announcer, auditLog, endpoints, log, timestamps } = this.#options;
    // Its address may have been changed while the attempt was under way.
    await endpoints.update(
      id,
      (one) =>
        one.disabledReason !== null || one.url !== url
          ? one
          : { ...one, disabledReason: reason, updatedAt: timestamps() },
      async (trx, after, before) => {
        const { orgId, agentId } = after;
        await auditLog.rowIn(trx, byGateway, endpointChange("disabled", before, after));
        log.warn({ endpointId: id, orgId, reason }, "a webhook endpoint is disabled");
        const fields = { endpoint_id: id, agent_id: agentId, reason };
        await announcer.announceIn(trx, { event: "webhook.disabled", orgId, agentId, fields });
      },
    );
  }
}
