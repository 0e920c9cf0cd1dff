import type { Generated } from "kysely";

/** What happened, who is to be told of it, and what waits to be. */
export interface WebhooksDatabase {
  events: EventsTable;
  webhook_endpoints: WebhookEndpointsTable;
  webhook_deliveries: WebhookDeliveriesTable;
  outbox_lanes: OutboxLanesTable;
  outbox_messages: OutboxMessagesTable;
}

/** What happened that somebody may want to be told. */
export interface EventsTable {
  id: string;
  type: string;
  org_id: string | null;
  /** JSON. */
  payload: string;
  created_at: bigint;
}

/** A receiver of webhooks: an organization's endpoint, or an agent's `webhook_url`, whose id is the agent's. */
export interface WebhookEndpointsTable {
  id: string;
  /** Of an agent's, null: its organization is the agent's. */
  org_id: string | null;
  agent_id: string | null;
  url: string;
  /** JSON array of the events that are told; empty for all. */
  events: string;
  description: string;
  /** Its secrets, newest first, as JSON, encrypted; null while there is none. */
  sealed: string | null;
  /** Why nothing is told any more; null while it is. */
  disabled_reason: string | null;
  /** When it failed first since it last took something. */
  failing_since: bigint | null;
  created_at: bigint;
  updated_at: bigint;
}

/** What was or is to be told to one receiver. No foreign keys: the list outlives what it speaks of. */
export interface WebhookDeliveriesTable {
  /** UUIDv7, so in the order of creation. */
  id: string;
  /** Who makes its headers: `standard`, or a room that signs in its own way. */
  sender: Generated<string>;
  /** Null where it goes to an address that is no endpoint. */
  endpoint_id: string | null;
  /** Whose delivery it is. */
  org_id: string | null;
  /** Of which agent it tells. */
  agent_id: string | null;
  /** Whose share of everything it takes: the organization, or an agent without one. */
  owner: string;
  /** Where it goes: a host with its port. */
  receiver: string;
  event: string;
  /** Where it goes when it is for no endpoint. */
  url: string | null;
  body: string;
  /** Of the body in UTF-8. */
  bytes: bigint;
  status: Generated<"pending" | "delivered" | "failed">;
  /** Attempts that failed since it was last put in the queue. */
  failures: Generated<bigint>;
  /** JSON array. */
  attempts: Generated<string>;
  created_at: bigint;
  /** By the database's clock: when anybody may take it; 0 at once; null when it waits no more. */
  due_at: Generated<bigint | null>;
  /** Of whoever took it last. */
  lease: string | null;
}

/** A queue to one receiver; there as long as something waits in it. */
export interface OutboxLanesTable {
  id: string;
  /** What kind of messages these are; each kind is delivered by a room of its own. */
  topic: string;
  /** Who asked to be told. */
  owner: string;
  /** Who tells. */
  source: string;
  /** To whom the source belongs. */
  tenant: string;
  /** Where it goes: a host with its port. */
  receiver: string;
  /** How many wait. */
  messages: bigint;
  bytes: bigint;
  /** How many were ever added while the lane was there: the last one's `seq`. */
  added: bigint;
  /** Attempts in a row that failed. */
  failures: bigint;
  /** By the database's clock: when anybody may take it, after a wait or because the lease of whoever has it is over. */
  due_at: bigint;
  /** Of whoever took it last. */
  lease: string | null;
}

/** What was accepted and is not yet delivered. */
export interface OutboxMessagesTable {
  id: string;
  lane: string;
  /** In the order of its lane. */
  seq: bigint;
  body: string;
  /** Of the body in UTF-8. */
  bytes: bigint;
  attempts: bigint;
  /** By the database's clock. */
  created_at: bigint;
}
