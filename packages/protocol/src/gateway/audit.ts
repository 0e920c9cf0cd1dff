/** What somebody changed: a row of the audit log. */
export interface AuditEntry {
  /** In the order of time. */
  id: string;
  at: string;
  actor: {
    /** `gateway` is the gateway itself. */
    kind: "admin" | "org" | "gateway";
    /** Null for the admin's and an organization's own keys. */
    key_id: string | null;
    /** The key's. */
    name: string | null;
    org_id: string | null;
  };
  /** `thing.done`, such as `agent.changed`. */
  action: string;
  /** Whose business it is; null for the gateway's own. */
  org_id: string | null;
  target: { kind: string; id: string | null; name: string | null };
  /** A secret is told as `sha256:` and 8 digits, a long text by its digest. */
  changes: { field: string; before?: unknown; after?: unknown }[];
  request_id: string | null;
  ip: string | null;
  /** Its link in the chain; null until it has one, absent for who is not the admin. */
  chain?: { seq: number; prev: string; hash: string } | null | undefined;
}

/** A page of the audit log. */
export interface AuditPage {
  entries: AuditEntry[];
  /** `before` of the next page. */
  next: string | null;
}

/** What a walk through the chain of the audit log found. */
export interface AuditReport {
  /** False when anything is wrong. */
  ok: boolean;
  /** Links that were checked. */
  rows: number;
  /** Rows that wait for their links. */
  waiting: number;
  /** The last link. Kept elsewhere, it also proves that the chain was not cut off or made anew. */
  head: { seq: number; hash: string };
  /** The last link that retention has forgotten: what the first that is there follows from. */
  anchor: { seq: number; hash: string };
  /** In the order found; at most 100. */
  problems: { seq: number | null; id: string | null; message: string }[];
}
