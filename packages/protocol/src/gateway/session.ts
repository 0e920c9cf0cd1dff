/** A browser's session, as the gateway's own pages see it. */
export interface WebSession {
  kind: "admin" | "org";
  org_id: string | null;
  org_name: string | null;
  /** When it ends unless it is used before. */
  expires_at: string;
}

/** An address that signs in whoever opens it, once. */
export interface SignInLink {
  url: string;
  /** Seconds. */
  expires_in: number;
}
