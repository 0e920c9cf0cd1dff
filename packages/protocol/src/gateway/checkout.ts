/** The agents that are for sale, by name (the guide's `GET /ucp/catalog`). */
export interface UcpCatalog {
  ucp: { version: string; capability: string };
  products: UcpProduct[];
  total: number;
}

export interface UcpProduct {
  /** The agent's. */
  id: string;
  name: string;
  description: string;
  price: {
    /** US dollars. */
    amount: number;
    currency: string;
    unit: "per_task" | (string & {});
  };
  /** US dollars by the id of each skill that has a price of its own. */
  prices?: Record<string, number>;
  category: string;
  tags: string[];
  url: string;
}

/** A checkout of one task, at the price that was said when it was made. */
export interface CheckoutSession<Answer = unknown> {
  session_id: string;
  status: "pending" | "insufficient_funds" | "processing" | "completed" | "failed" | "canceled";
  agent_id: string;
  agent_name: string;
  /** US dollars. */
  amount: number;
  currency: string;
  /** Null while nobody would pay. */
  payer_org_id: string | null;
  payer_org_name: string | null;
  /** What the payer's wallet has free. */
  payer_balance: number | null;
  task: unknown;
  created_at: string;
  updated_at: string;
  ucp: { version: string; capability: string };
  /** Why nothing came of it, when it has failed. It can be completed again. */
  error?: string;
  /** When it is completed: the payment, and what the agent answered. */
  transaction_id?: string | null;
  fee?: number;
  net?: number;
  payer_new_balance?: number | null;
  result?: Answer;
}

/** A line of what an organization buys. Money in US dollars. */
export interface PurchaseLine {
  id: string;
  /** As the catalog has it. */
  item_id: string;
  title: string;
  agent_id: string;
  quantity: number;
  /** That one item runs. */
  tasks: number;
  price_per_task: number;
  total: number;
}

/** A checkout as its owner lists it. */
export interface ListedCheckout {
  id: string;
  /** An open one can be completed until it expires, and canceled. */
  state: "open" | "expired" | "completing" | "completed" | "canceled";
  order_id: string | null;
  lines: PurchaseLine[];
  total: number;
  /** Why nothing came of the last attempt to complete it: nothing was charged. */
  failure: { code: string; content: string } | null;
  created_at: string;
  updated_at: string;
  expires_at: string;
}

export interface CheckoutDetails extends ListedCheckout {
  /** What it lacks to be completed. */
  messages: { type: string; code: string; content: string }[];
}

export interface CanceledCheckout extends Omit<CheckoutDetails, "state" | "messages"> {
  state: "canceled";
  /** None: nothing is lacking any more. */
  messages: unknown[];
}

/** An order as its owner lists it. */
export interface ListedOrder {
  id: string;
  checkout_id: string;
  /** `partial`: some of its tasks failed, which are not charged; `failed`: all did. */
  state: "working" | "fulfilled" | "partial" | "failed";
  tasks: { waiting: number; done: number; failed: number };
  lines: PurchaseLine[];
  total: number;
  /** For the tasks that are done. */
  charged: number;
  /** For those that failed. */
  not_charged: number;
  created_at: string;
  updated_at: string;
}

/** One task of an order. */
export interface OrderRun {
  position: number;
  line_id: string;
  agent_id: string;
  state: "waiting" | "done" | "failed";
  finished_at: string | null;
  /** The payment. */
  transaction_id: string | null;
  /** The call in the log that it was paid for. */
  call_id: string | null;
  error: { code: string; content: string } | null;
  result_bytes: number;
}

export interface OrderDetails extends ListedOrder {
  runs: OrderRun[];
}
