/** Organizations. */
export interface OrgsDatabase {
  orgs: OrgsTable;
  deleted_orgs: DeletedOrgsTable;
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

/** Organizations that are gone, for as long as their wallets are looked at; written by a trigger. */
export interface DeletedOrgsTable {
  id: string;
  /** How often its wallet has been looked at. */
  looks: bigint;
}
