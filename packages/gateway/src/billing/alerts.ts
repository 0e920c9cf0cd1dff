import { microDollarsToNumber } from "@agentgate/protocol";
import type { CallLog, CallLogStore } from "../call-log/index.ts";
import type { OrgRegistry } from "../orgs/index.ts";
import type { Clock, Log, Random, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { meteredCost } from "./metering.ts";

export interface BillingAlertsOptions {
  storage: Storage;
  orgs: OrgRegistry;
  callLog: CallLog;
  callLogStore: CallLogStore;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  log: Log;
}

const CHECK_AFTER_MS = 1_000;

/**
 * Notices when an organization's metered cost reaches its alert threshold and leaves one `billing.alert` event for it, in the
 * same transaction that marks the alert as given: once per threshold, whichever node sees it first.
 */
export class BillingAlerts {
  readonly #options: BillingAlertsOptions;
  readonly #due = new Set<string>();
  #cancel: (() => void) | undefined;

  constructor(options: BillingAlertsOptions) {
    this.#options = options;
  }

  /** An agent of this organization was called. */
  touch(orgId: string | null): void {
    if (orgId === null) return;
    this.#due.add(orgId);
    this.#cancel ??= this.#options.clock.after(CHECK_AFTER_MS, () => {
      this.#cancel = undefined;
      this.check().catch((error) => this.#options.log.warn({ err: error }, "billing alerts not checked"));
    });
  }

  /** Looks at every organization touched since the last check. */
  async check(): Promise<void> {
    const { orgs, callLog, callLogStore } = this.#options;
    const due = [...this.#due];
    this.#due.clear();
    for (const orgId of due) {
      const org = await orgs.find(orgId);
      if (!org || org.billingAlertThreshold === null) continue;
      await callLog.flush();
      const { invocations } = await callLogStore.orgUsage(orgId);
      const cost = meteredCost(org, invocations);
      if (cost >= org.billingAlertThreshold) {
        await this.#raise(orgId, {
          event: "billing.alert",
          org_id: orgId,
          org_name: org.name,
          total_cost: microDollarsToNumber(cost),
          alert_threshold: microDollarsToNumber(org.billingAlertThreshold),
        });
      }
    }
  }

  close(): void {
    this.#cancel?.();
  }

  async #raise(orgId: string, payload: Record<string, unknown>): Promise<void> {
    const { storage, random, timestamps, log } = this.#options;
    const createdAt = timestamps();
    await storage.db.transaction().execute(async (trx) => {
      const marked = await trx
        .updateTable("orgs")
        .set({ alerted_at: createdAt })
        .where("id", "=", orgId)
        .where("alerted_at", "is", null)
        .returning("id")
        .executeTakeFirst();
      if (!marked) return;
      await trx
        .insertInto("events")
        .values({
          id: random.uuid(),
          type: "billing.alert",
          org_id: orgId,
          payload: JSON.stringify(payload),
          created_at: createdAt,
        })
        .execute();
      log.info(payload, "billing alert");
    });
  }
}
