/** A task in its plainest form (contract section 4). The gateway forwards any JSON object. */
export interface TaskRequest {
  id?: string;
  message?: TaskMessage;
  [member: string]: unknown;
}

export interface TaskMessage {
  parts: TaskPart[];
  [member: string]: unknown;
}

export interface TaskPart {
  type?: string;
  text?: string;
  [member: string]: unknown;
}

/** What a priced agent's answer comes wrapped in. */
export interface PricedAnswer<Answer = unknown> {
  result: Answer;
  ucp: {
    version: string;
    capability: string;
    agent_id: string;
    /** US dollars. */
    price_per_task: number;
    currency: string;
    transaction_id: string;
    /** The payer's balance after the task. */
    balance: number;
  };
}
