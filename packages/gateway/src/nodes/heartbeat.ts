import { sql } from "kysely";
import type { Leases } from "../leases/index.ts";
import type { Clock, Log } from "../runtime/index.ts";
import { type NodesTable, type Storage, sharedNow } from "../storage/index.ts";
import { LoopDelay } from "./loop-delay.ts";

export interface HeartbeatOptions {
  storage: Storage;
  leases: Pick<Leases, "node" | "holders">;
  name: string;
  version: string;
  clock: Clock;
  log: Log;
  /** What a gauge says now, by its metric's name. */
  valueOfGauge(metric: string): number | undefined;
}

/** What may wait on a node, and the gauges that tell how much does. */
const QUEUES = {
  tasks: "agentgate_tasks_running",
  ledger: "agentgate_ledger_waiting",
  call_log: "agentgate_call_log_pending",
  webhooks: "agentgate_webhooks_waiting",
  connections: "agentgate_outbound_waiting",
  database: "agentgate_database_waiting",
} as const;
export type QueueName = keyof typeof QUEUES;
export const queueNames = Object.keys(QUEUES) as QueueName[];
const CLOCK_AHEAD = "agentgate_clock_ahead_seconds";

const BEAT_MS = 10_000;
/** A node that was silent for longer is no node any more. */
const LIVES_MICROS = 35_000_000n;
/** What is older is forgotten; and so are all beyond the last of them. */
const KEPT_MICROS = 86_400_000_000n;
const NODES_MAX = 500;

/** What a node says of itself. */
export interface NodeLoad {
  /** Processors that it used since the sign of life before. */
  cpu: number;
  memory_bytes: number;
  /** How late its event loop ran what was due, since then. Null before it was seen; absent of earlier versions, as what follows. */
  loop_p99_ms?: number | null;
  loop_max_ms?: number | null;
  clock_ahead_ms?: number;
  queues?: Partial<Record<QueueName, number>>;
}

/** A node, as any node sees it. */
export interface SeenNode extends Pick<NodesTable, "id" | "name" | "version" | "started_at" | "seen_at"> {
  load: NodeLoad;
  leases: string[];
  lives: boolean;
}

/** This node's signs of life in the database, by the database's clock where it has one, and those of the others. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #cancel: (() => void) | undefined;
  #beating: Promise<void> | undefined;
  #closed = false;
  readonly #loop = new LoopDelay();
  #used: { atMs: number; micros: number };

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#used = { atMs: options.clock.monotonic(), micros: usedMicros() };
  }

  /** Which of the nodes answers. */
  get id(): string {
    return this.#options.leases.node;
  }

  start(): void {
    this.#loop.start();
    this.#schedule(0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    this.#loop.close();
    await this.#beating;
    const { storage } = this.#options;
    await storage.db
      .deleteFrom("nodes")
      .where("id", "=", this.id)
      .execute()
      .catch(() => {});
  }

  /** Those that were seen last first. */
  async list(): Promise<SeenNode[]> {
    const { storage, clock, leases } = this.#options;
    const held = await leases.holders();
    const rows = await storage.db
      .selectFrom("nodes")
      .selectAll()
      .select(sharedNow(storage.engine, clock).as("now"))
      .orderBy("seen_at", "desc")
      .limit(NODES_MAX)
      .execute();
    return rows.map(({ load, now, ...node }) => ({
      ...node,
      load: JSON.parse(load) as NodeLoad,
      leases: held.get(node.id) ?? [],
      lives: now - node.seen_at < LIVES_MICROS,
    }));
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    this.#cancel = this.#options.clock.after(delayMs, () => {
      this.#beating = this.#beat()
        .catch((error) => this.#options.log.warn({ err: error }, "this node cannot say that it lives"))
        .finally(() => this.#schedule(BEAT_MS));
    });
  }

  async #beat(): Promise<void> {
    const { storage, name, version, clock } = this.#options;
    const now = sharedNow(storage.engine, clock);
    const load = JSON.stringify(this.#load());
    await storage.db
      .insertInto("nodes")
      .values({ id: this.id, name, version, started_at: now, seen_at: now, load })
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ seen_at: now, load }))
      .execute();
    await sql`delete from nodes where seen_at < ${now} - ${KEPT_MICROS} or id in (
      select id from nodes order by seen_at desc limit 1000 offset ${NODES_MAX})`.execute(storage.db);
  }

  #load(): NodeLoad {
    const { clock, valueOfGauge } = this.#options;
    const used = { atMs: clock.monotonic(), micros: usedMicros() };
    const passedMs = Math.max(1, used.atMs - this.#used.atMs);
    const cpu = (used.micros - this.#used.micros) / 1000 / passedMs;
    this.#used = used;
    const loop = this.#loop.read();
    const aheadSeconds = valueOfGauge(CLOCK_AHEAD);
    return {
      cpu: Math.round(cpu * 1000) / 1000,
      memory_bytes: process.memoryUsage.rss(),
      loop_p99_ms: loop.p99,
      loop_max_ms: loop.max,
      ...(aheadSeconds !== undefined && { clock_ahead_ms: Math.round(aheadSeconds * 1_000) }),
      queues: Object.fromEntries(
        Object.entries(QUEUES).flatMap(([name, metric]) => {
          const waiting = valueOfGauge(metric);
          return waiting === undefined ? [] : [[name, waiting]];
        }),
      ),
    };
  }
}

function usedMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
