/** A movement of money in US dollars (contract section 2). A deleted party is null. */
export interface Transaction {
  id: string;
  payer_org_id: string | null;
  receiver_org_id: string | null;
  agent_id: string | null;
  agent_name: string;
  /** What the payer paid. */
  amount: number;
  /** The platform's share of it. */
  fee: number;
  /** What the receiver got. */
  net: number;
  tx_type: "task" | "ucp_checkout" | "topup" | "refund" | (string & {});
  task_id: string | null;
  created_at: string;
}

export type TransactionRole = "all" | "payer" | "receiver";

export interface TransactionSummary {
  org_id: string;
  org_name: string;
  balance: number;
  /** Sum of `amount` as payer. */
  total_spent: number;
  /** Sum of `net` as receiver. */
  total_earned: number;
  /** Sum of `fee` as receiver. */
  total_fees_paid: number;
  transactions_as_payer: number;
  transactions_as_receiver: number;
}
