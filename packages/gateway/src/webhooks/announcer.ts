import type { Selectable, Transaction } from "kysely";
import { type Clock, type Random, renderTimestamp, type Timestamps } from "../runtime/index.ts";
import {
  type Database,
  RowInsert,
  type Statement,
  type Storage,
  type WebhookDeliveriesTable,
} from "../storage/index.ts";
import type { Backlog } from "./backlog.ts";
import { deliveryId } from "./delivery-id.ts";
import { type Endpoint, listensTo, ownerOf, receiverOf } from "./endpoint.ts";
import type { EndpointStore } from "./endpoint-store.ts";
import type { Announcement } from "./event.ts";
import type { OutgoingDelivery } from "./sender.ts";

/** Whom something concerns. */
export interface Concerned {
  orgId: string | null;
  /** An agent that has a `webhook_url`. */
  hookedAgentId?: string | null | undefined;
}

export interface AnnouncerOptions {
  storage: Storage;
  endpoints: EndpointStore;
  backlog: Backlog;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  /** There will be something to deliver soon. */
  wake(): void;
}

type NewRow = Pick<Selectable<WebhookDeliveriesTable>, (typeof COLUMNS)[number]>;

/**
 * Writes down what is to be told, and to whom. What it answers are statements, to be committed with what they tell of or not at all;
 * whoever delivers finds them afterwards.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #insert: RowInsert<"webhook_deliveries">;
  readonly #insertOutgoing: RowInsert<"webhook_deliveries">;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    const { engine } = options.storage;
    this.#insert = new RowInsert(engine, "webhook_deliveries", COLUMNS);
    this.#insertOutgoing = new RowInsert(engine, "webhook_deliveries", [...COLUMNS, "sender", "url"]);
  }

  /** Who is told of what concerns these: from memory, without a promise, when it was asked before. */
  audienceOf({ orgId, hookedAgentId }: Concerned): Audience | Promise<Audience> {
    const { endpoints } = this.#options;
    const hook = hookedAgentId ? endpoints.find(hookedAgentId) : undefined;
    const own = orgId === null ? undefined : endpoints.ofOrg(orgId);
    if (hook instanceof Promise || own instanceof Promise) {
      return Promise.all([hook, own]).then(([hook, own]) => audience(hook, own?.endpoints));
    }
    return audience(hook, own?.endpoints);
  }

  /** The statements that write down what is to be told to whom, to be committed with what it tells of. Not to be run twice. */
  statementsFor(told: readonly (readonly [Audience, Announcement])[]): Statement[] {
    const rows = told.flatMap(([{ endpoints }, announcement]) => this.#rowsFor(endpoints, announcement));
    return rows.length === 0 ? [] : this.#insert.statements(rows);
  }

  /** Writes it within a transaction, to whoever is to be told as of then: for what happens seldom. */
  async announceIn(trx: Transaction<Database>, announcement: Announcement): Promise<void> {
    const { orgId } = announcement;
    if (orgId === null) return;
    const told = await this.#options.endpoints.listenersIn(trx, orgId);
    const rows = this.#rowsFor(told, announcement);
    if (rows.length > 0) await trx.insertInto("webhook_deliveries").values(rows).execute();
  }

  /** The statement that writes a delivery which is made, and signed, by the room that sends it. */
  send(outgoing: OutgoingDelivery): Statement[] {
    return this.#insertOutgoing.statements(this.#outgoingRows(outgoing));
  }

  /** The same within a transaction. */
  async sendIn(trx: Transaction<Database>, outgoing: OutgoingDelivery): Promise<void> {
    const rows = this.#outgoingRows(outgoing);
    if (rows.length > 0) await trx.insertInto("webhook_deliveries").values(rows).execute();
  }

  /** A delivery to one endpoint, whatever it listens to. @throws Problem 429 when too much waits for its owner's receivers */
  rowTo(endpoint: Endpoint, event: string, fields: Announcement["fields"]): NewRow {
    const row = this.#row(endpoint, event, this.#bodyOf({ event, orgId: endpoint.orgId, fields }), null);
    this.#options.backlog.demand(row.owner, Number(row.bytes));
    return row;
  }

  #rowsFor(endpoints: readonly Endpoint[], announcement: Announcement): NewRow[] {
    const { backlog, wake } = this.#options;
    const told = endpoints.filter((endpoint) => listensTo(endpoint, announcement.event));
    if (told.length === 0) return [];
    wake();
    const body = this.#bodyOf(announcement);
    return told
      .map((endpoint) => this.#row(endpoint, announcement.event, body, announcement.agentId ?? null))
      .filter(({ owner, bytes }) => backlog.take(owner, Number(bytes)));
  }

  #outgoingRows({ sender, url, event, orgId, agentId, body }: OutgoingDelivery): (NewRow & { sender: string })[] {
    const owner = orgId ?? agentId ?? sender;
    if (!this.#options.backlog.take(owner, Buffer.byteLength(body))) return [];
    this.#options.wake();
    return [
      {
        ...this.#common(body),
        ...{ sender, url, event, owner },
        endpoint_id: null,
        org_id: orgId,
        agent_id: agentId,
        receiver: receiverOf(url),
      },
    ];
  }

  #row(endpoint: Endpoint, event: string, body: string, agentId: string | null): NewRow {
    return {
      ...this.#common(body),
      endpoint_id: endpoint.id,
      org_id: endpoint.orgId,
      agent_id: endpoint.agentId ?? agentId,
      owner: ownerOf(endpoint),
      receiver: endpoint.receiver,
      event,
    };
  }

  #common(body: string) {
    const { clock, random, timestamps } = this.#options;
    return {
      id: deliveryId(random, clock.now()),
      body,
      bytes: BigInt(Buffer.byteLength(body)),
      created_at: timestamps(),
    };
  }

  #bodyOf({ event, orgId, at, fields }: Pick<Announcement, "orgId" | "at" | "fields"> & { event: string }): string {
    return JSON.stringify({ event, at: renderTimestamp(at ?? this.#options.timestamps()), org_id: orgId, ...fields });
  }
}

/** Those who are told of what happens to somebody, as they are known now. */
export interface Audience {
  readonly endpoints: readonly Endpoint[];
}

/** Nobody is told, or is known to be. */
export const NOBODY: Audience = { endpoints: [] };

function audience(hook: Endpoint | undefined, own: readonly Endpoint[] = []): Audience {
  if (!hook) return own.length === 0 ? NOBODY : { endpoints: own };
  return { endpoints: [hook, ...own] };
}

const COLUMNS = [
  ...(["id", "endpoint_id", "org_id", "agent_id", "owner", "receiver"] as const),
  ...(["event", "body", "bytes", "created_at"] as const),
] as const satisfies (keyof WebhookDeliveriesTable)[];
