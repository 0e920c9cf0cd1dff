import { type RawBuilder, type Selectable, sql } from "kysely";
import { actions, demandOwn, type ListedAction, orgOf } from "../access/index.ts";
import { notFound, type Principal, Problem } from "../http/index.ts";
import { type Clock, renderTimestamp } from "../runtime/index.ts";
import type { Storage, WebhookDeliveriesTable } from "../storage/index.ts";
import type { Backlog } from "./backlog.ts";
import type { CallTold } from "./call-deliveries.ts";
import { firstIdOf } from "./delivery-id.ts";
import type { EndpointStore } from "./endpoint-store.ts";

export type Delivery = Selectable<WebhookDeliveriesTable>;
export type ListedDelivery = Omit<Delivery, "body">;

export interface DeliveryFilter {
  endpointId?: string | undefined;
  agentId?: string | undefined;
  event?: string | undefined;
  status?: Delivery["status"] | undefined;
}

export interface DeliveriesOptions {
  storage: Storage;
  endpoints: EndpointStore;
  backlog: Backlog;
  clock: Clock;
  /** This one is to be delivered now. */
  hurry(delivery: Pick<Delivery, "id" | "owner" | "agent_id" | "receiver">): void;
}

const LISTED = [
  ...(["id", "sender", "endpoint_id", "org_id", "agent_id", "owner", "receiver", "event", "url", "bytes"] as const),
  ...(["status", "failures", "attempts", "created_at", "due_at", "lease"] as const),
] as const satisfies (keyof WebhookDeliveriesTable)[];

/** Of a list that is filtered, so many are looked at for one page. */
const LOOKED_AT_MAX = 5_000;
/** A call is told of when its row is written: soon after, by a clock that may be another node's. */
const CALL_BEFORE_MS = 2_000;
const CALL_AFTER_MS = 30_000;
const CALL_DELIVERIES_MAX = 50;
/** Put into the queue again at once. */
const RESENT_MAX = 1_000;

/** What was and is to be told: shown to whom it belongs, and told again. */
export class Deliveries {
  readonly #options: DeliveriesOptions;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** Newest first; a page of a list that is filtered may end early. @throws Problem 403 for somebody else's endpoint */
  async list(
    filter: DeliveryFilter,
    { before, limit }: { before: string | undefined; limit: number },
    caller: Principal,
  ): Promise<{ entries: ListedDelivery[]; next: string | null }> {
    const { db } = this.#options.storage;
    const endpoint =
      filter.endpointId === undefined ? undefined : await this.#options.endpoints.find(filter.endpointId);
    if (endpoint) demandOwn(caller, actions.readWebhooks, endpoint, "webhook endpoint");
    const own = orgOf(caller);
    let all = db.selectFrom("webhook_deliveries").orderBy("id", "desc").limit(LOOKED_AT_MAX);
    if (filter.endpointId !== undefined) all = all.where("endpoint_id", "=", filter.endpointId);
    else if (own !== undefined) all = all.where("org_id", "=", own);
    if (before !== undefined) all = all.where("id", "<", before);
    let page = db
      .selectFrom(all.select(LISTED).as("looked_at"))
      .selectAll()
      .orderBy("id", "desc")
      .limit(limit + 1);
    if (own !== undefined) page = page.where("org_id", "=", own);
    if (filter.agentId !== undefined) page = page.where("agent_id", "=", filter.agentId);
    if (filter.event !== undefined) page = page.where("event", "=", filter.event);
    if (filter.status !== undefined) page = page.where("status", "=", filter.status);
    const rows = await page.execute();
    const entries = rows.slice(0, limit);
    if (rows.length > limit) return { entries, next: entries.at(-1)!.id };
    const last = await all
      .select("id")
      .limit(1)
      .offset(LOOKED_AT_MAX - 1)
      .executeTakeFirst();
    return { entries, next: last?.id ?? null };
  }

  /** Those that tell of one call. */
  async ofCall({ orgId, agentId, at }: CallTold): Promise<ListedDelivery[]> {
    const ms = Number(at / 1000n);
    return await this.#options.storage.db
      .selectFrom("webhook_deliveries")
      .select(LISTED)
      .where("org_id", "=", orgId)
      .where("id", ">=", firstIdOf(ms - CALL_BEFORE_MS))
      .where("id", "<", firstIdOf(ms + CALL_AFTER_MS))
      .where("agent_id", "=", agentId)
      .where("event", "in", ["task.completed", "task.failed"])
      .where(sql<boolean>`substr(body, 1, 100) like ${`%"at":"${renderTimestamp(at)}"%`}`)
      .orderBy("id")
      .limit(CALL_DELIVERIES_MAX)
      .execute();
  }

  /** @throws Problem 404, 403 for somebody else's */
  get(id: string, caller: Principal): Promise<Delivery> {
    return this.#own(id, caller, actions.readWebhooks);
  }

  /** Tells it again, under its id; one that waits is told now. @throws Problem 404, 403, 409 when nobody is there to be told */
  async resend(id: string, caller: Principal): Promise<Delivery> {
    const delivery = await this.#own(id, caller, actions.writeWebhooks);
    const { endpoint_id, owner, bytes, status } = delivery;
    if (endpoint_id !== null) await this.#demandListening(endpoint_id);
    if (status !== "pending") this.#options.backlog.demand(owner, Number(bytes));
    await this.#again(sql`id = ${id}`);
    this.#options.hurry(delivery);
    return this.get(id, caller);
  }

  /**
   * The same for all of an endpoint's of a time, some at once.
   *
   * @returns how many, and behind which to go on
   */
  async resendAll(
    range: { endpointId: string; fromMs: number; toMs: number; status: "failed" | "delivered"; after: string | null },
    caller: Principal,
  ): Promise<{ resent: number; next: string | null }> {
    const { storage, endpoints } = this.#options;
    const { endpointId } = range;
    const endpoint = await endpoints.find(endpointId);
    if (!endpoint) throw notFound("Webhook endpoint");
    demandOwn(caller, actions.writeWebhooks, endpoint, "webhook endpoint");
    await this.#demandListening(endpointId);
    const from = firstIdOf(range.fromMs);
    const looked = await storage.db
      .selectFrom("webhook_deliveries")
      .select(["id", "status", "bytes", "owner", "agent_id", "receiver"])
      .where("endpoint_id", "=", endpointId)
      .where("id", ">=", from)
      .where("id", ">", range.after ?? "")
      .where("id", "<", firstIdOf(range.toMs))
      .orderBy("id")
      .limit(RESENT_MAX)
      .execute();
    const found = looked.filter(({ status }) => status === range.status);
    for (const { owner, bytes } of found) this.#options.backlog.demand(owner, Number(bytes));
    const [first] = found;
    if (first) {
      await this.#again(sql`id in (${sql.join(found.map(({ id }) => id))})`);
      this.#options.hurry(first);
    }
    return { resent: found.length, next: looked.length === RESENT_MAX ? looked.at(-1)!.id : null };
  }

  async #again(which: RawBuilder<unknown>): Promise<void> {
    // What is being delivered at this moment is left to whoever does it.
    await sql`update webhook_deliveries set status = 'pending', failures = 0, due_at = 0
      where ${which} and lease is null`.execute(this.#options.storage.db);
  }

  async #demandListening(endpointId: string): Promise<void> {
    const endpoint = await this.#options.endpoints.find(endpointId);
    if (!endpoint)
      throw new Problem(409, "The endpoint was deleted: there is nobody to tell", { code: "endpoint_gone" });
    if (endpoint.disabledReason !== null) {
      throw new Problem(409, `The endpoint is disabled (${endpoint.disabledReason}); enable it first`, {
        code: "endpoint_disabled",
      });
    }
  }

  async #own(id: string, caller: Principal, action: ListedAction): Promise<Delivery> {
    const query = this.#options.storage.db.selectFrom("webhook_deliveries").selectAll().where("id", "=", id);
    const row = await query.executeTakeFirst();
    if (!row) throw notFound("Delivery");
    demandOwn(caller, action, { orgId: row.org_id }, "delivery");
    return row;
  }
}
