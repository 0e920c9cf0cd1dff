/** Calls that are made of others, or made once. */
export interface CallsDatabase {
  chains: ChainsTable;
  idempotency: IdempotencyTable;
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
