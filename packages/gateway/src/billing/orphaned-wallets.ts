import { type AuditLog, byGateway } from "../audit/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Clock, Log } from "../runtime/index.ts";
import type { DeletedOrgsTable, Storage } from "../storage/index.ts";
import { watchWriteOff } from "./close-wallet.ts";

export interface OrphanedWalletsOptions {
  storage: Storage;
  ledger: Ledger;
  auditLog: AuditLog;
  clock: Clock;
  log: Log;
}

const SWEEP_INTERVAL_MS = 600_000;
/** After a deletion: when other nodes have noticed and calls that were being settled are done. */
const SOON_MS = 5_000;
const PAGE = 500;
/** A fortnight of one node's looks: long after whatever was under way at the deletion. */
const LOOKS_MAX = 2_016n;

/**
 * Writes off what reached the wallet of an organization after it was deleted: a topup or a task that was under way at that
 * moment. Money that nobody can reach would stay in the books as if somebody owned it. Looks at those alone that were deleted of late,
 * by any node: where there are none, it is one look at an empty table.
 */
export class OrphanedWallets {
  readonly #options: OrphanedWalletsOptions;
  #cancel: (() => void) | undefined;

  constructor(options: OrphanedWalletsOptions) {
    this.#options = options;
    this.#schedule(SWEEP_INTERVAL_MS);
  }

  /** An organization was deleted: look soon. */
  touch(): void {
    this.#cancel?.();
    this.#schedule(SOON_MS);
  }

  async sweep(): Promise<void> {
    const { storage, ledger, auditLog, log } = this.#options;
    const { db } = storage;
    if (!(await db.selectFrom("deleted_orgs").select("id").limit(1).executeTakeFirst())) return;
    for (let after = ""; ; ) {
      const page = db.selectFrom("deleted_orgs").selectAll().where("id", ">", after).orderBy("id").limit(PAGE);
      const rows = await page.execute();
      const balances = await ledger.queries.postedBalances(rows.map(({ id }) => id));
      for (const { id } of rows) {
        if ((balances.get(id) ?? 0n) <= 0n) continue;
        const reference = { reason: "the organization was deleted" };
        const amount = await ledger.writeOff(id, { reference, watch: watchWriteOff(auditLog, id, byGateway) });
        log.warn({ orgId: id, microDollars: `${amount}` }, "money of a deleted organization was written off");
      }
      for (const row of rows) await this.#countLook(row);
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.id;
    }
  }

  /** In a statement of its own: of two nodes that count, none waits for the other with rows locked. */
  async #countLook({ id, looks }: DeletedOrgsTable): Promise<void> {
    const { db } = this.#options.storage;
    if (looks < LOOKS_MAX) {
      await db
        .updateTable("deleted_orgs")
        .set({ looks: looks + 1n })
        .where("id", "=", id)
        .execute();
    } else {
      await db.deleteFrom("ledger_sums").where("account", "=", id).execute();
      await db.deleteFrom("deleted_orgs").where("id", "=", id).execute();
    }
  }

  close(): void {
    this.#cancel?.();
  }

  #schedule(delayMs: number): void {
    const { clock, log } = this.#options;
    this.#cancel = clock.after(delayMs, () => {
      this.sweep().catch((error) => log.warn({ err: error }, "wallets of deleted organizations not looked for"));
      this.#schedule(SWEEP_INTERVAL_MS);
    });
  }
}
