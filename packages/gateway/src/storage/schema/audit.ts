/** The audit log's tables; `packages/gateway/src/audit` is their only writer, and triggers see to it that they only grow. */
export interface AuditDatabase {
  audit_log: AuditLogTable;
  audit_pending: AuditPendingTable;
  audit_seals: AuditSealsTable;
  audit_head: AuditHeadTable;
}

/** Who changed what, one row a change. */
export interface AuditLogTable {
  /** In the order of time; see `orderedId`. */
  id: string;
  at: bigint;
  action: string;
  actor_kind: "admin" | "org" | "gateway";
  actor_org: string | null;
  key_id: string | null;
  key_name: string | null;
  /** Whose business it is; null for the gateway's own. */
  org_id: string | null;
  target_kind: string;
  target_id: string | null;
  target_name: string | null;
  /** JSON: what it was and what it is, by field. */
  changes: string;
  request_id: string | null;
  address: string | null;
}

/** Rows that no seal has been put on yet. A trigger adds them. */
export interface AuditPendingTable {
  id: string;
}

/** The chain: one link a row. */
export interface AuditSealsTable {
  /** 1, 2, 3 … without gaps. */
  seq: bigint;
  /** The row's. */
  id: string;
  /** SHA-256 of the row. */
  digest: string;
  /** SHA-256 over the link before, and this one. */
  hash: string;
  /** Never decreasing. */
  sealed_at: bigint;
}

/** One row: the chain's last link, and the last that retention has forgotten. */
export interface AuditHeadTable {
  id: bigint;
  seq: bigint;
  hash: string;
  sealed_at: bigint;
  anchor_seq: bigint;
  anchor_hash: string;
}
