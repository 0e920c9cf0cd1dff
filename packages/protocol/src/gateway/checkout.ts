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
  transaction_id?: string;
  fee?: number;
  net?: number;
  payer_new_balance?: number | null;
  result?: Answer;
}
