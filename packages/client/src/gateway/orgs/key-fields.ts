/** What may be spent with a key in a time, in US dollars. */
export interface KeyBudgetFields {
  amount: number;
  /** In UTC; `total` never ends. */
  period: "day" | "week" | "month" | "total";
  /** Parts of the amount, each told once in a window. */
  alerts?: readonly number[] | undefined;
}

/** What a key is bounded by, beside its scopes. Null takes a bound away. */
export interface KeyBounds {
  /** Ids of the agents that may be called with it. */
  agents?: readonly string[] | null | undefined;
  /** Seconds until it ends. */
  expiresIn?: number | null | undefined;
  /** Tasks per second. */
  rateLimit?: number | null | undefined;
  rateBurst?: number | null | undefined;
  /** The most that one call may cost, in US dollars. */
  perCallMax?: number | null | undefined;
  /** Addresses and CIDR ranges that it may be shown from. */
  ipAllow?: readonly string[] | null | undefined;
  budgets?: readonly KeyBudgetFields[] | null | undefined;
}

/** What may be changed of a key. */
export interface KeyChanges extends KeyBounds {
  name?: string | undefined;
  scopes?: readonly string[] | undefined;
}
