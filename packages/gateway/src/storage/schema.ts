import type { Generated } from "kysely";
import type { AuditDatabase } from "./audit-schema.ts";
import type { LedgerDatabase } from "./ledger-schema.ts";
import type { RollupDatabase } from "./rollup-schema.ts";

/**
 * The tables. Portable types only: text, bigint (read as `bigint` on both engines), double (never money). Times are
 * microseconds since the epoch, money is micro-dollars, booleans are 0 or 1, JSON is text.
 */
export interface Database extends LedgerDatabase, AuditDatabase, RollupDatabase {
  orgs: OrgsTable;
  org_keys: OrgKeysTable;
  agents: AgentsTable;
  agent_tags: AgentTagsTable;
  agent_grants: AgentGrantsTable;
  reviews: ReviewsTable;
  call_log: CallLogTable;
  paid_calls: PaidCallsTable;
  agent_callers: AgentCallersTable;
  usage_daily: UsageDailyTable;
  usage_pending: UsagePendingTable;
  usage_orgs: UsageOrgsTable;
  deleted_orgs: DeletedOrgsTable;
  idempotency: IdempotencyTable;
  events: EventsTable;
  agent_cards: AgentCardsTable;
  agent_credentials: AgentCredentialsTable;
  agent_changes: AgentChangesTable;
  a2a_tasks: A2ATasksTable;
  a2a_contexts: A2AContextsTable;
  a2a_push_configs: A2APushConfigsTable;
  outbox_lanes: OutboxLanesTable;
  outbox_messages: OutboxMessagesTable;
  webhook_endpoints: WebhookEndpointsTable;
  webhook_deliveries: WebhookDeliveriesTable;
  settings: SettingsTable;
  versions: VersionsTable;
  nodes: NodesTable;
  web_sessions: WebSessionsTable;
  sign_in_codes: SignInCodesTable;
  changes: ChangesTable;
  leases: LeasesTable;
  totals: TotalsTable;
  agent_tag_counts: AgentTagCountsTable;
  review_counts: ReviewCountsTable;
  agent_health: AgentHealthTable;
  deployments: DeploymentsTable;
  deployment_secrets: DeploymentSecretsTable;
  chains: ChainsTable;
  ucp_checkouts: UcpCheckoutsTable;
  ucp_orders: UcpOrdersTable;
  ucp_runs: UcpRunsTable;
  api_keys: ApiKeysTable;
}

export interface OrgsTable {
  id: string;
  name: string;
  cost_per_invocation: bigint;
  billing_alert_threshold: bigint | null;
  /** Requests per second; null means the tier's. */
  rate_limit: number | null;
  rate_burst: bigint | null;
  tier: string;
  created_at: bigint;
  updated_at: bigint;
  /** The same for names that look alike. */
  name_key: string | null;
  /** Of organizations with one key, only one has it here; those of earlier releases may have none. */
  name_claim: string | null;
  /** When the billing alert went off; null while the threshold is not reached. */
  alerted_at: bigint | null;
  /** Below which its wallet's falling is told. */
  wallet_low_threshold: bigint | null;
}

export interface OrgKeysTable {
  /** SHA-256 of the key; the key itself is stored nowhere. */
  hash: string;
  org_id: string;
  role: "primary" | "secondary";
  created_at: bigint;
  last_used_at?: bigint | null;
}

/** Keys that were made for something. */
export interface ApiKeysTable {
  id: string;
  /** Null for the admin's. */
  org_id: string | null;
  name: string;
  /** SHA-256 of the key; the key itself is stored nowhere. */
  hash: string;
  /** The end of the key, to tell it from others. */
  last4: string;
  /** The key that this one came for, as long as both work. */
  previous_hash: string | null;
  previous_until: bigint | null;
  /** JSON: names of actions, or `["*"]`. */
  scopes: string;
  /** JSON: everything else that it may not. */
  limits: string;
  created_at: bigint;
  expires_at: bigint | null;
  disabled_at: bigint | null;
  last_used_at: bigint | null;
}

export interface AgentsTable {
  /** In the order of registration; what SQLite's search index points at. */
  seq: Generated<bigint>;
  id: string;
  name: string;
  description: string;
  url: string;
  version: string;
  /** Sorts as semantic versions do, in byte order. */
  version_key: string;
  /** JSON array. */
  skills: string;
  /** The ids and names of the skills in lower case, for searching. */
  skills_text: string;
  /** JSON array as given. */
  tags: string;
  /** The tags in lower case between separators, for searching. */
  tags_text: string;
  /** Name, description and tags in lower case, for searching. */
  search_text: string;
  webhook_url: string | null;
  price_per_task: bigint;
  org_id: string | null;
  /** SHA-256 of the agent's own key. */
  key_hash: string | null;
  deployed: bigint;
  timeout_ms: bigint | null;
  /** What the agent speaks; an A2A agent has a row in `agent_cards`. */
  protocol: Generated<"plain" | "a2a">;
  /** What was said of it; `auto` follows what is found. */
  protocol_setting: Generated<"auto" | "plain" | "a2a">;
  /** Whether it may be called, why not, and since when; null where nobody was ever asked. */
  approval: Generated<"approved" | "pending" | "rejected" | "suspended">;
  approval_reason: string | null;
  approval_since: bigint | null;
  /** Of its row in `agent_changes`; null when it has none. */
  change_state: "pending" | "rejected" | null;
  /** Who sees it: everybody, its organization alone, or those that it is granted to as well. */
  visibility: Generated<"public" | "org" | "granted">;
  /** 1 of one that may have rows in `agent_grants`: of all others there is nothing to look up. */
  has_grants: Generated<bigint>;
  /** 1 of one that not everybody sees: by its visibility, or because it is not approved. What lists and counts go by. */
  hidden: Generated<bigint>;
  /** 1 of a hidden one that those see whom it is granted to. */
  granted: Generated<bigint>;
  /** Of the agent's reviews, written with them; a rating of 0 means none. */
  review_count: Generated<bigint>;
  rating: Generated<number>;
  /** Calls of the last thirty days, in three digits: what agents are ordered by; counted by the rollups. */
  recent_calls: Generated<bigint>;
  created_at: bigint;
  updated_at: bigint;
}

/** An agent's tags; of spellings that differ in case only, the first. */
export interface AgentTagsTable {
  agent_id: string;
  tag: string;
  tag_key: string;
  /** 1 of an agent that not everybody sees. */
  hidden: Generated<bigint>;
}

/** To which organizations an agent is shown, and at which price. */
export interface AgentGrantsTable {
  agent_id: string;
  org_id: string;
  /** 1 for one that may call it too. */
  may_call: bigint;
  /** Of a task, in micro-dollars, in place of the agent's own. */
  price: bigint | null;
  /** Microseconds since the epoch. */
  expires_at: bigint | null;
  created_at: bigint;
  updated_at: bigint;
}

export interface ReviewsTable {
  id: string;
  agent_id: string;
  /** Who wrote it: `admin` or an organization's id. One review per author and agent. */
  author: string;
  rating: bigint;
  comment: string;
  /** The name the author gave. */
  reviewer: string;
  created_at: bigint;
}

/** How many rows there are; kept by triggers. */
export interface TotalsTable {
  name: "agents" | "hidden_agents";
  count: bigint;
}

/** How many agents carry each tag, of those that everybody sees and of the others; kept by triggers. */
export interface AgentTagCountsTable {
  /** 1 for the agents that not everybody sees, which are counted apart. */
  hidden: bigint;
  tag_key: string;
  /** Of the spellings in use, the first in byte order. */
  name: string;
  agents: bigint;
}

/** How many reviews gave an agent each rating; kept by triggers. */
export interface ReviewCountsTable {
  agent_id: string;
  rating: bigint;
  count: bigint;
}

/** One row per call. No foreign keys: the log outlives what it speaks of. */
export interface CallLogTable {
  id: string;
  /** Null in rows of earlier versions. */
  request_id: string | null;
  agent_id: string;
  agent_name: string;
  /** The agent's owner at the time. */
  org_id: string | null;
  payer_org_id: string | null;
  caller_ip: string;
  task_id: string | null;
  status: "success" | "error";
  error_detail: string | null;
  latency_us: bigint;
  created_at: bigint;
  // What follows is null in rows of earlier versions.
  entrance: string | null;
  protocol: string | null;
  http_status: bigint | null;
  asked_us: bigint | null;
  reserve_us: bigint | null;
  agent_us: bigint | null;
  first_byte_us: bigint | null;
  event_count: bigint | null;
  context_id: string | null;
  key_id: string | null;
  request_bytes: bigint | null;
  response_bytes: bigint | null;
  price: bigint | null;
  transaction_id: string | null;
  trace_id: string | null;
  parent_id: string | null;
}

/** Paid calls that the log keeps no row of any more. */
export interface PaidCallsTable {
  id: string;
}

/** Whom an agent has done a task for. No foreign keys, as of the log. */
export interface AgentCallersTable {
  agent_id: string;
  /** `org:` and an id, `key:` and the hash of the agent's own key, or `ip:` and an address or network. */
  caller: string;
}

/** Totals of the call log per agent and UTC day, but for the calls in `usage_pending`. */
export interface UsageDailyTable {
  agent_id: string;
  /** Days since the epoch. */
  day: bigint;
  /** The agent's owner. */
  org_id: string | null;
  invocations: bigint;
  errors: bigint;
  latency_us: bigint;
  last_call_at: bigint;
}

/** Calls in the log that the totals do not count yet; whoever adds one to the totals deletes it in the same transaction. */
export interface UsagePendingTable extends Omit<UsageDailyTable, "invocations"> {
  /** In the order of arrival. */
  seq: Generated<bigint>;
  /** Whose task it was, where it was done: names with blanks between them. */
  callers: string | null;
  /** What the rollups count of it; null in rows of earlier versions. */
  payer_org_id: string | null;
  /** The kind of failure. */
  error: string | null;
  is_public: bigint | null;
  agent_us: bigint | null;
  gateway_us: bigint | null;
  paid: bigint | null;
  earned: bigint | null;
}

/** Totals of all calls to agents of an organization, written with those of `usage_daily`. */
export interface UsageOrgsTable {
  org_id: string;
  invocations: bigint;
  errors: bigint;
}

/** Organizations that are gone, for as long as their wallets are looked at; written by a trigger. */
export interface DeletedOrgsTable {
  id: string;
  /** How often its wallet has been looked at. */
  looks: bigint;
}

/** One row per Idempotency-Key in use; without `status` and `body` while its work is under way. */
export interface IdempotencyTable {
  scope: string;
  key: string;
  /** SHA-256 of what was asked. */
  fingerprint: string;
  /** Whose work it is; only its holder may finish it. */
  token: string;
  /** The same for every attempt at the work. */
  operation: string;
  status: bigint | null;
  body: string | null;
  lease_until: bigint;
  expires_at: bigint;
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

export interface SettingsTable {
  name: string;
  value: string;
}

/** Nodes that live, or did lately. Times are in microseconds of the database's clock. */
export interface NodesTable {
  /** Of this run of the node; its name as a holder of leases. */
  id: string;
  name: string;
  version: string;
  started_at: bigint;
  seen_at: bigint;
  /** JSON: what it says of itself. */
  load: string;
}

/** Browsers' sessions. Times are in microseconds of the wall clock. */
export interface WebSessionsTable {
  /** SHA-256 of what the cookie holds. */
  hash: string;
  /** Of the key that it was begun with, which it ends with. */
  key_hash: string;
  /** Whose key that is: `org:` and an id, or `admin`. */
  scope: string;
  created_at: bigint;
  /** Moves while it is used. */
  ends_at: bigint;
}

/** Codes that begin a session, once. */
export interface SignInCodesTable {
  hash: string;
  key_hash: string;
  expires_at: bigint;
}

/** A counter per topic that moves in the transaction of every change to it; see `ChangeFeed`. */
export interface VersionsTable {
  topic: string;
  version: bigint;
}

/** What each version of a topic changed; the latest versions only. */
export interface ChangesTable {
  topic: string;
  version: bigint;
  /** JSON array of keys; empty text when it may be anything. */
  entries: string;
}

/** What one node at a time does, and which does it. No row for what nobody does. */
export interface LeasesTable {
  name: string;
  /** The node. */
  holder: string;
  /** Moves with every sign of life of the holder. */
  beat: bigint;
  /** How far the work is, in its own words. */
  state: string;
}

/** What came of the last look at each agent. */
export interface AgentHealthTable {
  agent_id: string;
  status: "healthy" | "unhealthy";
  checked_at: bigint;
  latency_us: bigint | null;
  error: string | null;
  /** How often in a row it did not answer in time. */
  hangs: bigint;
  /** Until when it is left alone for that; 0 when it is not. */
  rests_until: bigint;
}

export interface AgentCardsTable {
  agent_id: string;
  card_url: string;
  /** The card's text as it was served. */
  original: string;
  fetched_at: bigint;
  /** Where tasks go although no interface of the card is there, as a request said. */
  address: string | null;
}

/** A change of an agent that waits for approval, or was refused. */
export interface AgentChangesTable {
  agent_id: string;
  state: "pending" | "rejected";
  reason: string | null;
  /** When it began to wait, or was refused. */
  since: bigint;
  /** JSON: the fields of the record that it changes. */
  fields: string;
  /** What it does to the card; one that takes its place is in the next three. */
  card_fate: "kept" | "replaced" | "dropped";
  card_url: string | null;
  card_original: string | null;
  card_address: string | null;
}

/** What the gateway shows an agent in place of the caller's credentials. */
export interface AgentCredentialsTable {
  agent_id: string;
  kind: "header" | "bearer" | "oauth2";
  /** JSON, encrypted. */
  sealed: string;
  updated_at: bigint;
}

/** Which caller an agent's task belongs to, and its state as last seen. */
export interface A2ATasksTable {
  /** Of the agent and the task's id. */
  key: bigint;
  agent_id: string;
  task_id: string;
  /** Of the agent and the owner. */
  owner_key: bigint;
  owner: string;
  context_id: string;
  state: string;
  /** The status's own timestamp, else when it was seen. */
  status_at: bigint;
  updated_at: bigint;
  /** Of the last call about it that somebody pays for: its hold in the ledger. */
  hold: string | null;
  /** 1: a piece of what that call brought was told beside its answer; 2: nothing was, and nothing will be. */
  shown: bigint;
}

export interface A2AContextsTable {
  /** Of the agent and the context's id. */
  key: bigint;
  owner: string;
  updated_at: bigint;
}

/** A caller's push notification config; the agent knows the gateway's address and a secret of its own. */
export interface A2APushConfigsTable {
  /** Names the relay's address. */
  id: string;
  agent_id: string;
  /** Null until the task of an inline config is known. */
  task_id: string | null;
  /** Of the call that an inline config came with, when somebody pays for it: its hold in the ledger. */
  hold: string | null;
  /** The caller's name for it. */
  config_id: string;
  owner: string;
  /** Version that the caller's receiver takes. */
  version: string;
  secret_hash: string;
  /** The caller's config as JSON, encrypted. */
  sealed: string;
  created_at: bigint;
  /** When it is forgotten. */
  expires_at: bigint;
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

/** An agent that came as an archive. */
export interface DeploymentsTable {
  agent_id: string;
  /** The organization; empty for none. An owner has one of each name. */
  owner: string;
  name: string;
  /** What runs it; `none` of an agent that is registered at an address of its own. */
  runtime: "none" | "process" | "docker";
  /** Whose disk the archive is on; empty where nothing is kept of it. */
  node: string;
  /** What that node is called. */
  node_name: string;
  /** Counts the archives; the last is the one that is meant to run. */
  release: bigint;
  /** The one that runs; null while none does. */
  running_release: bigint | null;
  state: "registered" | "installing" | "starting" | "running" | "restarting" | "failed" | "undeployed";
  /** Why it does not run, in words for its owner. */
  detail: string | null;
  container_id: string | null;
  /** How often it was started again by itself since it was deployed. */
  restarts: bigint;
  updated_at: bigint;
}

/** Environment variables of a hosted agent, one row each. */
export interface DeploymentSecretsTable {
  agent_id: string;
  name: string;
  /** The value, encrypted. */
  sealed: string;
  updated_at: bigint;
}

/** Agents that work one after the other. */
export interface ChainsTable {
  id: string;
  name: string;
  description: string;
  /** JSON array, without keys. */
  steps: string;
  /** The steps' keys, each or null, as a JSON array, encrypted; null where none has one. */
  sealed: string | null;
  /** Null for one of the admin's. */
  org_id: string | null;
  created_at: bigint;
  updated_at: bigint;
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

/** Checkout sessions, at their locked prices. */
export interface UcpCheckoutsTable {
  id: string;
  /** Whose it is: an organization's, or an address's until an organization takes it over. */
  owner: string;
  phase: "open" | "completing" | "completed" | "canceled";
  /** Moves with every change. */
  revision: bigint;
  /** The order that is being placed, or was. */
  order_id: string | null;
  /** JSON: what became of the last attempt to complete it. */
  failure: string | null;
  created_at: bigint;
  updated_at: bigint;
  /** Until when an open one can be completed. */
  expires_at: bigint;
  forget_at: bigint;
  bytes: bigint;
  /** JSON. */
  document: string;
}

/** Orders: what was bought, and who is told of it. */
export interface UcpOrdersTable {
  id: string;
  checkout_id: string;
  owner: string;
  /** `placing`: nobody was told of it, and it goes if nothing comes of it. */
  phase: "placing" | "placed";
  /** Whether nothing of it runs any more. */
  done: bigint;
  /** Moves with every change that a platform is told of. */
  revision: bigint;
  /** Of its tasks that are over, how many the platform was told of. */
  told: bigint;
  created_at: bigint;
  updated_at: bigint;
  forget_at: bigint;
  /** When somebody has to look whether anybody is at it, while it is not done. */
  due_at: Generated<bigint>;
  /** Of its results. */
  bytes: bigint;
  /** JSON. */
  document: string;
}

/** The tasks of an order, one row for each time that an agent works. */
export interface UcpRunsTable {
  id: string;
  order_id: string;
  /** In the order of its lines. */
  position: bigint;
  line: string;
  agent_id: string;
  /** `done`: it is paid. */
  state: "waiting" | "done" | "failed";
  finished_at: bigint | null;
  transaction_id: string | null;
  /** JSON: why it failed. */
  error: string | null;
  result_bytes: bigint;
  /** JSON, as the agent answered; null also when it was kept too long. */
  result: string | null;
}
