/** A browser's session, as the gateway's own pages see it. */
export interface WebSession {
  kind: "admin" | "org";
  org_id: string | null;
  org_name: string | null;
  /** When it ends unless it is used before. */
  expires_at: string;
}

/** A browser that is signed in, as those see it who may end it. */
export interface ListedSession {
  id: string;
  /** Whether it is the one that asks. */
  is_current: boolean;
  /** The key that it was begun with; null for an organization's own, and the admin key of the settings. */
  key: { id: string; name: string } | null;
  /** From where it was begun. */
  client_ip: string | null;
  /** What the browser calls itself: whatever it likes. */
  user_agent: string | null;
  created_at: string;
  /** Within five minutes; null in the last hours of its week. */
  last_used_at: string | null;
  /** When it ends unless it is used before. */
  expires_at: string;
}

/** An address that signs in whoever opens it, once. */
export interface SignInLink {
  url: string;
  /** Seconds. */
  expires_in: number;
}
