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
    /** The skill that was paid for; absent of a task that named none. */
    skill?: string;
    /** US dollars: what this task cost. */
    price_per_task: number;
    currency: string;
    /** Null where nobody paid: of the admin's calls. */
    transaction_id: string | null;
    /** The payer's balance after the task; null likewise. */
    balance: number | null;
  };
}

/** What agents mostly answer (contract section 13): any JSON may come. Of a priced agent it is the `result` of a {@link PricedAnswer}. */
export interface TaskAnswer {
  id?: string | null;
  status?: { state?: string; message?: TaskMessage; [member: string]: unknown };
  artifacts?: { parts?: TaskPart[]; [member: string]: unknown }[];
  [member: string]: unknown;
}
