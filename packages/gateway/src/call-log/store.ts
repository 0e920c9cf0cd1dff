import type { Insertable, Kysely } from "kysely";
import { sql } from "kysely";
import {
  type CallLogTable,
  type Database,
  type Statement,
  type Storage,
  sumOf,
  type UsageDailyTable,
} from "../storage/index.ts";
import type { CallEntry } from "./entry.ts";

export interface Usage {
  invocations: number;
  errors: number;
  latencyMicros: bigint;
  lastCallAt: bigint | null;
}

export interface UsagePeriod extends Omit<Usage, "lastCallAt"> {
  /** `2026-11-21` or `2026-11`, in UTC. */
  period: string;
}

const MICROS_PER_DAY = 86_400_000_000n;

/** Where the log lives: a row per call, and a running total per agent and UTC day that usage is read from. */
export class CallLogStore {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** The statements that write a new entry, to be committed with something else. Not to be run twice. */
  statementsFor(entry: CallEntry): Statement[] {
    const row = toRow(entry);
    const { db } = this.#storage;
    return [db.insertInto("call_log").values(row).compile(), addTotals(db, dailyTotals([row])).compile()];
  }

  /** Writes entries and totals in one transaction. Writing the same entry again changes nothing. */
  async write(entries: readonly CallEntry[]): Promise<void> {
    await this.#storage.db.transaction().execute(async (trx) => {
      for (let at = 0; at < entries.length; at += ROWS_PER_STATEMENT) {
        const rows = entries.slice(at, at + ROWS_PER_STATEMENT).map(toRow);
        const inserting = trx
          .insertInto("call_log")
          .values(rows)
          .onConflict((conflict) => conflict.column("id").doNothing());
        const inserted = new Set((await inserting.returning("id").execute()).map(({ id }) => id));
        const totals = dailyTotals(rows.filter(({ id }) => inserted.has(id)));
        if (totals.length === 0) continue;
        await addTotals(trx, totals).execute();
      }
    });
  }

  async ofAgent(agentId: string, { limit, offset }: { limit: number; offset: number }): Promise<CallEntry[]> {
    const query = this.#storage.db.selectFrom("call_log").selectAll().where("agent_id", "=", agentId);
    const rows = await query.orderBy("created_at", "desc").orderBy("id").limit(limit).offset(offset).execute();
    return rows.map((row) => ({
      id: row.id,
      agentId: row.agent_id,
      agentName: row.agent_name,
      orgId: row.org_id,
      payerOrgId: row.payer_org_id,
      callerIp: row.caller_ip,
      taskId: row.task_id,
      errorDetail: row.error_detail,
      latencyMicros: row.latency_us,
      createdAt: row.created_at,
    }));
  }

  async usage(agentId: string): Promise<Usage> {
    const totals = await this.#storage.db
      .selectFrom("usage_daily")
      .select((eb) => [
        sumOf(eb.ref("invocations")).as("invocations"),
        sumOf(eb.ref("errors")).as("errors"),
        sumOf(eb.ref("latency_us")).as("latency"),
        eb.fn.max("last_call_at").as("last"),
      ])
      .where("agent_id", "=", agentId)
      .executeTakeFirstOrThrow();
    return {
      invocations: Number(totals.invocations),
      errors: Number(totals.errors),
      latencyMicros: totals.latency,
      lastCallAt: totals.last,
    };
  }

  /** Totals of all agents that an organization owns or owned. */
  async orgUsage(orgId: string): Promise<Pick<Usage, "invocations" | "errors">> {
    const totals = await this.#storage.db
      .selectFrom("usage_daily")
      .select((eb) => [sumOf(eb.ref("invocations")).as("invocations"), sumOf(eb.ref("errors")).as("errors")])
      .where("org_id", "=", orgId)
      .executeTakeFirstOrThrow();
    return { invocations: Number(totals.invocations), errors: Number(totals.errors) };
  }

  /** The same per day of the last `days` UTC days, today included; ascending, days without calls left out. */
  async orgDaily(orgId: string, days: number, now: bigint): Promise<UsagePeriod[]> {
    const rows = await this.#storage.db
      .selectFrom("usage_daily")
      .select((eb) => [
        "day",
        sumOf(eb.ref("invocations")).as("invocations"),
        sumOf(eb.ref("errors")).as("errors"),
        sumOf(eb.ref("latency_us")).as("latency_us"),
      ])
      .where("org_id", "=", orgId)
      .where("day", ">", now / MICROS_PER_DAY - BigInt(days))
      .groupBy("day")
      .orderBy("day")
      .execute();
    return rows.map(toPeriod);
  }

  /** How many of these calls the log holds as successful. */
  async countSuccesses(callIds: readonly string[]): Promise<number> {
    if (callIds.length === 0) return 0;
    const query = this.#storage.db.selectFrom("call_log").select((eb) => eb.fn.countAll<bigint>().as("count"));
    const found = await query
      .where("id", "in", [...callIds])
      .where("status", "=", "success")
      .executeTakeFirstOrThrow();
    return Number(found.count);
  }

  /** Totals per day of the last `days` UTC days, today included; ascending, days without calls left out. */
  async daily(agentId: string, days: number, now: bigint): Promise<UsagePeriod[]> {
    const rows = await this.#storage.db
      .selectFrom("usage_daily")
      .select(["day", "invocations", "errors", "latency_us"])
      .where("agent_id", "=", agentId)
      .where("day", ">", now / MICROS_PER_DAY - BigInt(days))
      .orderBy("day")
      .execute();
    return rows.map(toPeriod);
  }
}

const toPeriod = (row: Pick<UsageDailyTable, "day" | "invocations" | "errors" | "latency_us">): UsagePeriod => ({
  period: new Date(Number(row.day * (MICROS_PER_DAY / 1000n))).toISOString().slice(0, 10),
  invocations: Number(row.invocations),
  errors: Number(row.errors),
  latencyMicros: row.latency_us,
});

function addTotals(db: Kysely<Database>, totals: Insertable<UsageDailyTable>[]) {
  return db
    .insertInto("usage_daily")
    .values(totals)
    .onConflict((conflict) =>
      conflict.columns(["agent_id", "day"]).doUpdateSet((eb) => ({
        invocations: eb("usage_daily.invocations", "+", eb.ref("excluded.invocations")),
        errors: eb("usage_daily.errors", "+", eb.ref("excluded.errors")),
        latency_us: eb("usage_daily.latency_us", "+", eb.ref("excluded.latency_us")),
        last_call_at: sql<bigint>`case when excluded.last_call_at > usage_daily.last_call_at then excluded.last_call_at else usage_daily.last_call_at end`,
      })),
    );
}

/** SQLite allows 32,766 parameters in a statement. */
const ROWS_PER_STATEMENT = 500;

function toRow(entry: CallEntry): Insertable<CallLogTable> {
  return {
    id: entry.id,
    agent_id: entry.agentId,
    agent_name: entry.agentName,
    org_id: entry.orgId,
    payer_org_id: entry.payerOrgId,
    caller_ip: entry.callerIp,
    task_id: entry.taskId,
    status: entry.errorDetail === null ? "success" : "error",
    error_detail: entry.errorDetail,
    latency_us: entry.latencyMicros,
    created_at: entry.createdAt,
  };
}

function dailyTotals(rows: readonly Insertable<CallLogTable>[]): Insertable<UsageDailyTable>[] {
  const totals = new Map<string, { -readonly [K in keyof UsageDailyTable]: UsageDailyTable[K] }>();
  for (const row of rows) {
    const day = row.created_at / MICROS_PER_DAY;
    const key = `${row.agent_id} ${day}`;
    const total = totals.get(key) ?? {
      agent_id: row.agent_id,
      day,
      org_id: row.org_id ?? null,
      invocations: 0n,
      errors: 0n,
      latency_us: 0n,
      last_call_at: 0n,
    };
    total.invocations += 1n;
    if (row.status === "error") total.errors += 1n;
    total.latency_us += row.latency_us;
    if (row.created_at > total.last_call_at) total.last_call_at = row.created_at;
    totals.set(key, total);
  }
  // One order for every writer, so that two nodes never wait for each other's rows in a circle.
  return [...totals.values()].sort((a, b) =>
    a.agent_id === b.agent_id ? Number(a.day - b.day) : a.agent_id < b.agent_id ? -1 : 1,
  );
}
