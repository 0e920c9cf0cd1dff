import { microDollarsToJson } from "@agentgate/protocol";
import type { CallLog, CallLogStore } from "../call-log/index.ts";
import type { OrgRegistry } from "../orgs/index.ts";
import type { Clock, Log, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { Announcer } from "../webhooks/index.ts";
import { meteredCost } from "./metering.ts";

export interface BillingAlertsOptions {
  storage: Storage;
  orgs: OrgRegistry;
  callLog: CallLog;
  callLogStore: CallLogStore;
  clock: Clock;
  announcer: Pick<Announcer, "announceIn">;
  timestamps: Timestamps;
  log: Log;
}

const CHECK_AFTER_MS = 1_000;

/**
 * Notices when an organization's metered cost reaches its alert threshold and tells `billing.alert`, in the
 * same transaction that marks the alert as given: once per threshold, whichever node sees it first.
 */
export class BillingAlerts {
  readonly #options: BillingAlertsOptions;
  readonly #due = new Set<string>();
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(options: BillingAlertsOptions) {
    this.#options = options;
  }

  /** An agent of this organization was called. */
  touch(orgId: string | null): void {
    if (orgId === null || this.#closed) return;
    this.#due.add(orgId);
    this.#cancel ??= this.#options.clock.after(CHECK_AFTER_MS, () => {
      this.#cancel = undefined;
      void this.check();
    });
  }

  /** Looks at every organization touched since the last check. One that cannot be looked at now is due again. */
  async check(): Promise<void> {
    const due = [...this.#due];
    this.#due.clear();
    for (const orgId of due) {
      await this.#look(orgId).catch((error) => {
        this.#options.log.warn({ err: error, orgId }, "a billing alert was not checked");
        this.touch(orgId);
      });
    }
  }

  async #look(orgId: string): Promise<void> {
    const { orgs, callLog, callLogStore } = this.#options;
    const org = await orgs.find(orgId);
    if (!org || org.billingAlertThreshold === null || !(await this.#isArmed(orgId))) return;
    await callLog.flush();
    const { invocations } = await callLogStore.orgUsage(orgId);
    const cost = meteredCost(org, invocations);
    if (cost < org.billingAlertThreshold) return;
    await this.#raise(orgId, {
      org_name: org.name,
      total_cost: microDollarsToJson(cost),
      alert_threshold: microDollarsToJson(org.billingAlertThreshold),
    });
  }

  /** Whether the alert is still to be given. All that was ever metered is summed only then. */
  async #isArmed(orgId: string): Promise<boolean> {
    const query = this.#options.storage.db.selectFrom("orgs").select("id").where("id", "=", orgId);
    return (await query.where("alerted_at", "is", null).executeTakeFirst()) !== undefined;
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  async #raise(orgId: string, fields: Record<string, unknown>): Promise<void> {
    const { announcer, storage, timestamps, log } = this.#options;
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
      await announcer.announceIn(trx, { event: "billing.alert", orgId, at: createdAt, fields });
      log.info({ orgId, ...fields }, "billing alert");
    });
  }
}
