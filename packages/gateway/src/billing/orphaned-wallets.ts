import type { Ledger } from "../ledger/index.ts";
import type { OrgRegistry } from "../orgs/index.ts";
import type { Clock, Log } from "../runtime/index.ts";

export interface OrphanedWalletsOptions {
  ledger: Ledger;
  orgs: OrgRegistry;
  clock: Clock;
  log: Log;
}

const SWEEP_INTERVAL_MS = 600_000;
/** After a deletion: when other nodes have noticed and calls that were being settled are done. */
const SOON_MS = 5_000;
const PAGE = 500;

/**
 * Writes off what reached the wallet of an organization after it was deleted: a topup or a task that was under way at that
 * moment. Money that nobody can reach would stay in the books as if somebody owned it.
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
    const { ledger, orgs, log } = this.#options;
    for (let after = ""; ; ) {
      const wallets = await ledger.queries.fundedWallets(after, PAGE);
      for (const wallet of wallets) {
        if (await orgs.exists(wallet)) continue;
        const amount = await ledger.writeOff(wallet, { reason: "the organization was deleted" });
        log.warn({ orgId: wallet, microDollars: `${amount}` }, "money of a deleted organization was written off");
      }
      const last = wallets.at(-1);
      if (last === undefined) return;
      after = last;
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
