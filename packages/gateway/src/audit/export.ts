import { csvLine } from "../http/index.ts";
import type { AuditEntry } from "./entry.ts";

/** How the log is written out whole. */
export const exportFormats = {
  ndjson: {
    contentType: "application/x-ndjson; charset=utf-8",
    head: "",
    line: (entry: AuditEntry): string => `${JSON.stringify(entry)}\n`,
  },
  csv: {
    contentType: "text/csv; charset=utf-8",
    head: csvLine([
      ...["id", "at", "actor_kind", "actor_key_id", "actor_name", "actor_org_id", "action", "org_id"],
      ...["target_kind", "target_id", "target_name", "changes", "request_id", "ip", "seq", "hash"],
    ]),
    line: ({ actor, target, chain, ...entry }: AuditEntry): string =>
      csvLine([
        ...[entry.id, entry.at, actor.kind, actor.key_id, actor.name, actor.org_id, entry.action, entry.org_id],
        ...[target.kind, target.id, target.name, JSON.stringify(entry.changes), entry.request_id, entry.ip],
        ...[chain?.seq ?? null, chain?.hash ?? null],
      ]),
  },
} as const;
export type ExportFormat = keyof typeof exportFormats;
