import type { Generated } from "kysely";

/** Checkouts and orders. */
export interface UcpDatabase {
  ucp_checkouts: UcpCheckoutsTable;
  ucp_orders: UcpOrdersTable;
  ucp_runs: UcpRunsTable;
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
  /** JSON: its lines without what agents are to do, for lists. */
  summary: string | null;
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
  /** JSON: its lines without what agents are to do, for lists. */
  summary: string | null;
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
