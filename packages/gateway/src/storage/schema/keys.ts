/** Keys, and the browsers' sessions that are begun with them. Only hashes are kept. */
export interface KeysDatabase {
  org_keys: OrgKeysTable;
  api_keys: ApiKeysTable;
  web_sessions: WebSessionsTable;
  sign_in_codes: SignInCodesTable;
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
  /** From where it was begun, and with what; null of those before this was kept. */
  client_ip: string | null;
  user_agent: string | null;
}

/** Codes that begin a session, once. */
export interface SignInCodesTable {
  hash: string;
  key_hash: string;
  expires_at: bigint;
}
