import {
  type CallLogTable,
  isUniqueViolation,
  RowInsert,
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
  readonly #rowInsert: RowInsert<"call_log">;
  readonly #totalsInsert: RowInsert<"usage_daily">;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#rowInsert = new RowInsert(storage.engine, "call_log", COLUMNS);
    this.#totalsInsert = new RowInsert(storage.engine, "usage_daily", TOTALS_COLUMNS, ADD_TOTALS);
  }

  /** The statements that write a new entry, to be committed with something else. Not to be run twice. */
  statementsFor(entry: CallEntry): Statement[] {
    return this.#insertOf([toRow(entry)]);
  }

  /** Writes entries and totals in one transaction. Writing the same entry again changes nothing. */
  async write(entries: readonly CallEntry[]): Promise<void> {
    const rows = entries.map(toRow);
    try {
      await this.#storage.batch(this.#insertOf(rows));
    } catch (error) {
      if (!isUniqueViolation(error, "call_log.id")) throw error;
      await this.#writeMissing(rows);
    }
  }

  /** After a batch whose outcome was unknown: some rows are there already, with their totals. */
  async #writeMissing(rows: readonly CallLogTable[]): Promise<void> {
    const times = rows.map(({ created_at }) => created_at).sort((a, b) => Number(a - b));
    const present = this.#storage.db
      .selectFrom("call_log")
      .select("id")
      .where("created_at", ">=", times[0]!)
      .where("created_at", "<=", times.at(-1)!);
    await this.#storage.transact([present.compile()], ([found]) => {
      const known = new Set(found!.rows.map(({ id }) => id));
      return { writes: this.#insertOf(rows.filter(({ id }) => !known.has(id))), value: undefined };
    });
  }

  #insertOf(rows: readonly CallLogTable[]): Statement[] {
    return [...this.#rowInsert.statements(rows), ...this.#totalsInsert.statements(dailyTotals(rows))];
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

  /** How many of these paid calls the log holds as successful. */
  async countSuccesses(callIds: readonly string[]): Promise<number> {
    if (callIds.length === 0) return 0;
    const query = this.#storage.db.selectFrom("call_log").select((eb) => eb.fn.countAll<bigint>().as("count"));
    const found = await query
      .where("id", "in", [...callIds])
      .where("payer_org_id", "is not", null)
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

const COLUMNS = [
  "id",
  "agent_id",
  "agent_name",
  "org_id",
  "payer_org_id",
  "caller_ip",
  "task_id",
  "status",
  "error_detail",
  "latency_us",
  "created_at",
] as const satisfies (keyof CallLogTable)[];

const TOTALS_COLUMNS = [
  "agent_id",
  "day",
  "org_id",
  "invocations",
  "errors",
  "latency_us",
  "last_call_at",
] as const satisfies (keyof UsageDailyTable)[];

const ADD_TOTALS = `on conflict (agent_id, day) do update set
  invocations = usage_daily.invocations + excluded.invocations,
  errors = usage_daily.errors + excluded.errors,
  latency_us = usage_daily.latency_us + excluded.latency_us,
  last_call_at = case when excluded.last_call_at > usage_daily.last_call_at
    then excluded.last_call_at else usage_daily.last_call_at end`;

function toRow(entry: CallEntry): CallLogTable {
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

function dailyTotals(rows: readonly CallLogTable[]): UsageDailyTable[] {
  const totals = new Map<string, { -readonly [K in keyof UsageDailyTable]: UsageDailyTable[K] }>();
  for (const row of rows) {
    const day = row.created_at / MICROS_PER_DAY;
    const key = `${row.agent_id} ${day}`;
    const total = totals.get(key) ?? {
      agent_id: row.agent_id,
      day,
      org_id: row.org_id,
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
