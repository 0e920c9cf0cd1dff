import { A2A_MEDIA_TYPE, dialects, isObject } from "@agentgate/protocol/a2a";
import type { Dialer } from "../../outbound/index.ts";
import { Payload, translateEvent } from "../../routing/index.ts";
import type { Clock, Log, Random, Timestamps } from "../../runtime/index.ts";
import type { Database, Storage } from "../../storage/index.ts";
import { V1 } from "../agent-link.ts";
import { hasPiece, type PaidTasks, stateAlone, statusAlone } from "../paid-tasks.ts";
import type { PushConfig, PushConfigs } from "./push-configs.ts";

export interface PushOutboxOptions {
  storage: Storage;
  configs: PushConfigs;
  paidTasks: PaidTasks;
  dialer: Dialer;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  log: Log;
}

type Row = Database["a2a_push_outbox"];

/** Waits between attempts; after the last the notification is given up. */
const RETRY_MS = [1_000, 5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000];
const TIMEOUT_MS = 15_000;
/** A node that took a notification and died gives it back after so long. */
const LEASE_MS = 60_000;
const POLL_MS = 2_000;
const DELIVERIES_MAX = 32;
const WAITING_PER_CONFIG_MAX = 1_000;
const GONE = 410;
const LATER = Symbol("later");

/**
 * Notifications on their way to callers' webhooks: kept until delivered, at least once each, those of one config in the order that
 * the agent sent them in, over retries.
 */
export class PushOutbox {
  readonly #options: PushOutboxOptions;
  readonly #busy = new Set<string>();
  readonly #delivering = new Set<Promise<void>>();
  #cancelPoll: (() => void) | undefined;
  #closed = false;

  constructor(options: PushOutboxOptions) {
    this.#options = options;
  }

  start(): void {
    this.#schedule(0);
  }

  /** Takes a notification in 1.0's shape. @returns false when too many wait already */
  async add(config: PushConfig, event: Payload): Promise<boolean> {
    const { storage, random, timestamps } = this.#options;
    const waiting = storage.db.selectFrom("a2a_push_outbox").select("id").where("config", "=", config.id);
    if ((await waiting.limit(WAITING_PER_CONFIG_MAX).execute()).length >= WAITING_PER_CONFIG_MAX) return false;
    const now = timestamps();
    await storage.db
      .insertInto("a2a_push_outbox")
      .values({ id: random.uuid(), config: config.id, body: event.text, attempts: 0n, due_at: now, created_at: now })
      .execute();
    this.#schedule(0);
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelPoll?.();
    await Promise.all(this.#delivering);
  }

  #schedule(delayMs: number): void {
    this.#cancelPoll?.();
    if (!this.#closed) this.#cancelPoll = this.#options.clock.after(delayMs, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    try {
      for (const row of await this.#due()) {
        if (this.#busy.has(row.config) || this.#delivering.size >= DELIVERIES_MAX) continue;
        this.#busy.add(row.config);
        const delivering = this.#deliver(row)
          .catch((error) => this.#options.log.warn({ err: error }, "a push notification could not be handled"))
          .finally(() => {
            this.#busy.delete(row.config);
            this.#delivering.delete(delivering);
            this.#schedule(0);
          });
        this.#delivering.add(delivering);
      }
    } catch (error) {
      if (!this.#closed) this.#options.log.warn({ err: error }, "cannot read the push outbox");
    }
    this.#schedule(POLL_MS);
  }

  /** The oldest notification of each config, where its time has come. */
  async #due(): Promise<Row[]> {
    const { storage, clock } = this.#options;
    const rows = await storage.db
      .selectFrom("a2a_push_outbox as waiting")
      .selectAll()
      .where("due_at", "<=", BigInt(clock.now()) * 1000n + 999n)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("a2a_push_outbox as earlier")
              .select("earlier.id")
              .whereRef("earlier.config", "=", "waiting.config")
              .whereRef("earlier.created_at", "<", "waiting.created_at"),
          ),
        ),
      )
      .orderBy("due_at")
      .limit(2 * DELIVERIES_MAX)
      .execute();
    return rows;
  }

  async #deliver(row: Row): Promise<void> {
    const { storage, configs, clock, log } = this.#options;
    const inMs = (delayMs: number) => BigInt(Math.round(clock.now() + delayMs)) * 1000n;
    const lease = { due_at: inMs(LEASE_MS), attempts: row.attempts + 1n };
    const mine = storage.db.updateTable("a2a_push_outbox").set(lease).where("id", "=", row.id);
    const { numUpdatedRows } = await mine.where("due_at", "=", row.due_at).executeTakeFirst();
    if (numUpdatedRows === 0n) return;
    const config = await configs.find(row.config);
    const done = () => storage.db.deleteFrom("a2a_push_outbox").where("id", "=", row.id).execute();
    if (!config) return void (await done());
    const told = await this.#told(config, Payload.ofText(V1, row.body));
    if (told === undefined) return void (await done());
    if (told === LATER) {
      // No attempt: it waits until the call that its config came with has got a task.
      const later = { due_at: inMs(POLL_MS), attempts: row.attempts };
      return void (await storage.db.updateTable("a2a_push_outbox").set(later).where("id", "=", row.id).execute());
    }
    const status = await this.#send(config, row.id, told).catch((error) => {
      log.warn({ err: error, agentId: config.agentId }, "a push notification could not be sent");
      return 0;
    });
    if (status >= 200 && status < 300) return void (await done());
    if (status === GONE) return configs.delete(config.id);
    const waitMs = RETRY_MS[Number(row.attempts)];
    if (waitMs === undefined) {
      log.warn({ agentId: config.agentId, status }, "a push notification is given up after its last attempt");
      return void (await done());
    }
    const jittered = waitMs * (0.9 + 0.2 * this.#options.random.fraction());
    const later = storage.db.updateTable("a2a_push_outbox").set({ due_at: inMs(jittered) });
    await later.where("id", "=", row.id).execute();
  }

  /** What of a notification may be told now; undefined for nothing. A call that was released is told by its state alone. */
  async #told({ agentId, taskId, hold }: PushConfig, event: Payload): Promise<Payload | typeof LATER | undefined> {
    const { paidTasks } = this.#options;
    const { object } = event;
    if (!hasPiece(object)) return event;
    if (taskId === null) {
      const may = await paidTasks.mayTellOf(hold);
      return may === "yes" ? event : may === "later" ? LATER : undefined;
    }
    if (await paidTasks.mayTell(agentId, taskId)) return event;
    const { task, statusUpdate } = object;
    if (isObject(task)) return Payload.ofValue(V1, { task: stateAlone(task) });
    if (!isObject(statusUpdate)) return undefined;
    return Payload.ofValue(V1, { statusUpdate: { ...statusUpdate, status: statusAlone(statusUpdate.status) } });
  }

  /** @returns the receiver's status, 0 when it could not be reached */
  async #send({ said, version }: PushConfig, id: string, event: Payload): Promise<number> {
    const dialect = version === "0.3" ? dialects["0.3"] : V1;
    const call = this.#options.dialer.send({
      url: String(said.url),
      method: "POST",
      headers: {
        "content-type": version === "0.3" ? "application/json" : A2A_MEDIA_TYPE,
        "x-agentgate-notification-id": id,
        ...credentialsIn(said, version),
      },
      body: translateEvent(event, dialect).text,
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: 4_096,
      bodyOptional: true,
    });
    return call.response.then(
      ({ status }) => status,
      () => 0,
    );
  }
}

/** The caller's own credentials. 1.0 shows its token where it gave no others, 0.3 always (a2a.md, section 1.8). */
function credentialsIn(
  { authentication, token }: PushConfig["said"],
  version: PushConfig["version"],
): Record<string, string> {
  const { scheme, credentials } = isObject(authentication) ? authentication : {};
  const shown: Record<string, string> = {};
  if (scheme && credentials) shown.authorization = `${scheme} ${credentials}`;
  if (token && (version === "0.3" || !shown.authorization)) shown["x-a2a-notification-token"] = `${token}`;
  return shown;
}
