import { canonicalJson } from "@agentgate/protocol/a2a";
import type { Selectable } from "kysely";
import { z } from "zod";
import { renderTimestamp } from "../runtime/index.ts";
import type { AuditLogTable } from "../storage/index.ts";

export type AuditRow = Selectable<AuditLogTable>;
/** A row with the link that it has in the chain, where it has one yet; `prev` is the hash of the link before. */
export type LinkedRow = AuditRow & { seq: bigint | null; hash: string | null; prev: string | null };

const told = z.unknown().describe("Null for nothing; a secret as `sha256:` and 8 digits");
export const wireAuditEntry = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    actor: z
      .object({
        kind: z.enum(["admin", "org", "gateway"]),
        key_id: z.string().nullable().describe("Null for the admin's and an organization's own keys"),
        name: z.string().nullable().describe("The key's name"),
        org_id: z.string().nullable(),
      })
      .meta({ id: "AuditActor" }),
    action: z.string().describe("`thing.done`"),
    org_id: z.string().nullable().describe("Whose business it is; null for the gateway's own"),
    target: z
      .object({ kind: z.string(), id: z.string().nullable(), name: z.string().nullable() })
      .meta({ id: "AuditTarget" }),
    changes: z.array(z.object({ field: z.string(), before: told, after: told }).meta({ id: "AuditFieldChange" })),
    request_id: z.string().nullable().describe("`X-Request-Id` of the answer that the caller got"),
    ip: z.string().nullable(),
    chain: z
      .object({
        seq: z.int(),
        prev: z.string().describe("The hash of the link before; empty before the first"),
        hash: z.string(),
      })
      .meta({ id: "AuditChainLink" })
      .nullable()
      .optional()
      .describe("Its link in the chain; null until it is sealed, which is soon"),
  })
  .meta({ id: "AuditEntry" });
export type AuditEntry = z.output<typeof wireAuditEntry>;
export const wireOrgEntry = wireAuditEntry.omit({ chain: true }).meta({ id: "OrgAuditEntry" });

/** A row on the wire, without its link: what the chain proves. */
export const toWireRow = (row: AuditRow) => ({
  id: row.id,
  at: renderTimestamp(row.at),
  actor: { kind: row.actor_kind, key_id: row.key_id, name: row.key_name, org_id: row.actor_org },
  action: row.action,
  org_id: row.org_id,
  target: { kind: row.target_kind, id: row.target_id, name: row.target_name },
  changes: JSON.parse(row.changes) as AuditEntry["changes"],
  request_id: row.request_id,
  ip: row.address,
});

/** The bytes that a row's digest is of: its entry without `chain`, as RFC 8785 writes it. */
export const canonicalRow = ({ chain: _, ...entry }: AuditEntry): string => canonicalJson(entry);

/** As the admin sees it. */
export const toWireEntry = (row: LinkedRow): AuditEntry => ({
  ...toWireRow(row),
  chain: row.seq === null ? null : { seq: Number(row.seq), prev: row.prev ?? "", hash: row.hash! },
});

/** As the organization sees it: which of his keys the admin used, and where he sits, is not its business. */
export function toWireOrgEntry(row: AuditRow): AuditEntry {
  const entry = toWireRow(row);
  if (row.actor_kind !== "admin") return entry;
  return { ...entry, actor: { ...entry.actor, key_id: null, name: null }, ip: null };
}
