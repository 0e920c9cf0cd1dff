import type { Transaction } from "kysely";
import { actorOf } from "../access/index.ts";
import { orderedId, type Random, type Timestamps } from "../runtime/index.ts";
import { type Database, RowInsert, type Statement, type Storage } from "../storage/index.ts";
import type { By } from "./by.ts";
import type { AuditedChange } from "./change.ts";
import type { AuditRow } from "./entry.ts";

export interface AuditLogOptions {
  storage: Storage;
  random: Random;
  timestamps: Timestamps;
  /** There will be something to seal soon. */
  wake(): void;
}

/**
 * Writes down who changed what, with the change or not at all. A change that changes nothing leaves no row: `changes` says whether it
 * did.
 */
export class AuditLog {
  readonly #options: AuditLogOptions;
  readonly #insert: RowInsert<"audit_log">;

  constructor(options: AuditLogOptions) {
    this.#options = options;
    this.#insert = new RowInsert(options.storage.engine, "audit_log", COLUMNS);
  }

  /** Writes it within the transaction that makes the change. */
  async rowIn(trx: Transaction<Database>, by: By, change: AuditedChange): Promise<void> {
    if (change.changes.length === 0) return;
    await trx.insertInto("audit_log").values(this.#row(by, change)).execute();
    this.#options.wake();
  }

  /** The statements that write it, to be committed with those that make the change. Not to be run twice. */
  statementsFor(by: By, change: AuditedChange): Statement[] {
    if (change.changes.length === 0) return [];
    this.#options.wake();
    return this.#insert.statements([this.#row(by, change)]);
  }

  #row(by: By, { action, orgId, target, changes }: AuditedChange): AuditRow {
    const { random, timestamps } = this.#options;
    const at = timestamps();
    const actor = actorOf(by.caller);
    return {
      id: orderedId(random, at),
      at,
      action,
      actor_kind: actor.kind,
      actor_org: actor.orgId,
      key_id: actor.keyId,
      key_name: actor.keyName,
      org_id: orgId,
      target_kind: target.kind,
      target_id: target.id,
      target_name: target.name ?? null,
      changes: JSON.stringify(changes),
      request_id: by.requestId,
      address: by.address,
    };
  }
}

export const COLUMNS = [
  ...(["id", "at", "action", "actor_kind", "actor_org", "key_id", "key_name", "org_id"] as const),
  ...(["target_kind", "target_id", "target_name", "changes", "request_id", "address"] as const),
] as const satisfies (keyof AuditRow)[];
