import { sql } from "kysely";
import {
  isUniqueViolation,
  RowInsert,
  type Statement,
  type Storage,
  sumOf,
  type UsageDailyTable,
  type UsagePendingTable,
} from "../storage/index.ts";
import { type Announcer, type Audience, NOBODY } from "../webhooks/index.ts";
import { AgentCallers, type ServedCall } from "./agent-callers.ts";
import { announcementOf, concernedBy } from "./announced-calls.ts";
import { type CountedCall, gatewayMicrosOf, groupsOf, kindOfError } from "./call-groups.ts";
import { type CallEntry, type LoggedCall, PAYMENT_UNKNOWN } from "./entry.ts";
import { RollupStore } from "./rollups/rollup-store.ts";
import { COLUMNS, ofRow, valuesOf } from "./row.ts";
import { UsageTotals } from "./usage-totals.ts";

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

/** Calls that are added to the totals in one transaction. */
const PENDING_BATCH = 500;
/** Looks for what is there already, when rows of it were hidden from the one before. */
const LOOKS_MAX = 5;

/**
 * Where the log lives: a row per call, and running totals that usage is read from. A call that is logged with its payment is counted
 * a little later (`countPending`); until then what reads the totals adds it itself, so that they are right at any time.
 */
export class CallLogStore {
  readonly #storage: Storage;
  readonly #announcer: Pick<Announcer, "audienceOf" | "statementsFor">;
  readonly #rowInsert: RowInsert<"call_log">;
  readonly #pendingInsert: RowInsert<"usage_pending">;
  readonly #totals: UsageTotals;
  readonly #rollups: RollupStore;
  readonly #take: Statement;
  readonly #callers: AgentCallers;
  readonly #namesOf: CallerNames;
  #onPending: () => void = () => {};

  /**
   * @param announcer tells of calls that nobody pays for, with their rows
   * @param namesOf under which names a caller may be asked for
   */
  constructor(
    storage: Storage,
    announcer: Pick<Announcer, "audienceOf" | "statementsFor">,
    namesOf: CallerNames = ({ caller }) => [caller],
  ) {
    this.#storage = storage;
    this.#announcer = announcer;
    this.#callers = new AgentCallers(storage);
    this.#namesOf = namesOf;
    this.#rowInsert = new RowInsert(storage.engine, "call_log", COLUMNS);
    this.#pendingInsert = new RowInsert(storage.engine, "usage_pending", PENDING_COLUMNS);
    this.#totals = new UsageTotals(storage.engine);
    this.#rollups = new RollupStore(storage);
    this.#take = takePending(storage);
  }

  /** What is counted of calls beside the totals. */
  get rollups(): RollupStore {
    return this.#rollups;
  }

  /** Whom to tell that `countPending` will have something to do soon. */
  onPending(listener: () => void): void {
    this.#onPending = listener;
  }

  /** The statements that write a new entry, to be committed with its payment. Not to be run twice. They wait for nobody's lock. */
  statementsFor(entry: CallEntry): Statement[] {
    this.#onPending();
    const [served] = this.#servedOf([entry]);
    const pending = toPending(entry, served ? served.callers.join(" ") : null);
    return [...this.#rowInsert.filled(valuesOf([entry])), ...this.#pendingInsert.statements([pending])];
  }

  /**
   * Writes entries and totals in one transaction; each of those whose payment is unknown, which may be logged with it at this very
   * moment, in one of its own: it may have to wait for that payment, and meanwhile holds nothing. Writing the same entry again changes nothing.
   */
  async write(entries: readonly CallEntry[]): Promise<void> {
    const { sure = [], doubtful = [] } = Object.groupBy(entries, ({ errorDetail }) =>
      errorDetail === PAYMENT_UNKNOWN ? "doubtful" : "sure",
    );
    if (sure.length > 0) await this.#write(sure);
    for (const entry of doubtful) await this.#write([entry]);
  }

  async #write(entries: readonly CallEntry[]): Promise<void> {
    const audiences = this.#audiencesOf(entries);
    // Mostly they are known, and then nothing is waited for.
    const known = audiences.some((audience) => audience instanceof Promise) ? await Promise.all(audiences) : audiences;
    const calls = entries.map((entry, index) => ({ entry, audience: known[index] as Audience }));
    try {
      await this.#storage.batch(this.#insertOf(calls));
    } catch (error) {
      if (!isUniqueViolation(error, "call_log.id")) throw error;
      await this.#writeMissing(calls);
    }
    this.#callers.remembered(this.#servedOf(entries));
  }

  /** Whom to tell of each; of calls in a row that concern the same, once looked up. */
  #audiencesOf(entries: readonly CallEntry[]): (Audience | Promise<Audience>)[] {
    let last: CallEntry | undefined;
    let audience: Audience | Promise<Audience> = NOBODY;
    return entries.map((entry) => {
      if (last?.agentId !== entry.agentId || last.orgId !== entry.orgId || last.hasWebhook !== entry.hasWebhook)
        audience = this.#announcer.audienceOf(concernedBy(entry));
      last = entry;
      return audience;
    });
  }

  /**
   * Adds calls that were logged with their payments to the totals, each once, whichever node logged it and however many count at the
   * same time. @returns whether there may be more
   */
  async countPending(): Promise<boolean> {
    const some = this.#storage.db.selectFrom("usage_pending").select("seq").limit(1);
    if ((await some.executeTakeFirst()) === undefined) return false;
    const calls = await this.#storage.transact([this.#take], ([taken]) => {
      const calls = taken!.rows as PendingCall[];
      const groups = groupsOf(calls.map(ofPending));
      const writes = [
        ...this.#totals.adding(groups),
        ...this.#callers.remembering(calls.flatMap(servedPending)),
        ...this.#rollups.counting(groups),
      ];
      return { writes, value: calls };
    });
    this.#callers.remembered(calls.flatMap(servedPending));
    return calls.length === PENDING_BATCH;
  }

  /** After a batch whose outcome was unknown: some rows are there already, with their totals. */
  async #writeMissing(calls: readonly ToldCall[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#writeUnseen(calls);
      } catch (error) {
        // Rows that are given a partition at this very moment are not seen by who looks, but met by who writes.
        if (attempt === LOOKS_MAX || !isUniqueViolation(error, "call_log.id")) throw error;
      }
    }
  }

  async #writeUnseen(calls: readonly ToldCall[]): Promise<void> {
    const times = calls.map(({ entry }) => entry.createdAt).sort((a, b) => Number(a - b));
    const present = this.#storage.db
      .selectFrom("call_log")
      .select("id")
      .where("created_at", ">=", times[0]!)
      .where("created_at", "<=", times.at(-1)!);
    await this.#storage.transact([present.compile()], ([found]) => {
      const known = new Set(found!.rows.map(({ id }) => id));
      return { writes: this.#insertOf(calls.filter(({ entry }) => !known.has(entry.id))), value: undefined };
    });
  }

  #insertOf(calls: readonly ToldCall[]): Statement[] {
    const entries = calls.map(({ entry }) => entry);
    const groups = groupsOf(entries);
    const told = calls.filter(({ audience }) => audience.endpoints.length > 0);
    return [
      ...this.#rowInsert.filled(valuesOf(entries)),
      ...this.#totals.adding(groups),
      ...this.#callers.remembering(this.#servedOf(entries)),
      ...this.#rollups.counting(groups),
      ...this.#announcer.statementsFor(told.map(({ entry, audience }) => [audience, announcementOf(entry, null)])),
    ];
  }

  #servedOf(entries: readonly CallEntry[]): ServedCall[] {
    const served: ServedCall[] = [];
    let last: CallEntry | undefined;
    for (const entry of entries) {
      if (entry.errorDetail !== null || (last && isAlike(last, entry))) continue;
      last = entry;
      const callers = this.#namesOf(entry);
      if (callers.length > 0) served.push({ agentId: entry.agentId, callers });
    }
    return served;
  }

  /** Whether the agent has done a task for this caller, as far as it is written. */
  hasServed(agentId: string, caller: string): Promise<boolean> {
    return this.#callers.has(agentId, caller);
  }

  async ofAgent(agentId: string, { limit, offset }: { limit: number; offset: number }): Promise<LoggedCall[]> {
    const own = this.#storage.db.selectFrom("call_log").where("agent_id", "=", agentId);
    let page = own.selectAll().orderBy("created_at", "desc").orderBy("id").limit(limit);
    if (offset > 0) {
      // Where the page begins is found by the times in an index alone, so that one far down reads no more rows than the first.
      const times = own.select("created_at").orderBy("created_at", "desc");
      const first = await times.limit(1).offset(offset).executeTakeFirst();
      if (!first) return [];
      const newer = own.select((eb) => eb.fn.countAll<bigint>().as("count")).where("created_at", ">", first.created_at);
      const { count } = await newer.executeTakeFirstOrThrow();
      page = page.where("created_at", "<=", first.created_at).offset(Math.max(0, offset - Number(count)));
    }
    const rows = await page.execute();
    return rows.map(ofRow);
  }

  async usage(agentId: string): Promise<Usage> {
    const totals = await this.#daysOf("agent_id", agentId)
      .select((eb) => [
        sumOf(eb.ref("invocations")).as("invocations"),
        sumOf(eb.ref("errors")).as("errors"),
        sumOf(eb.ref("latency_us")).as("latency"),
        eb.fn.max("last_call_at").as("last"),
      ])
      .executeTakeFirstOrThrow();
    return {
      invocations: Number(totals.invocations),
      errors: Number(totals.errors),
      latencyMicros: totals.latency,
      lastCallAt: totals.last,
    };
  }

  /** Totals of all agents that an organization owns or owned: one row, whatever its history. */
  async orgUsage(orgId: string): Promise<Pick<Usage, "invocations" | "errors">> {
    const { db } = this.#storage;
    const pending = db.selectFrom("usage_pending").select([sql<bigint>`1`.as("invocations"), "errors"]);
    const all = db
      .selectFrom("usage_orgs")
      .select(["invocations", "errors"])
      .where("org_id", "=", orgId)
      .unionAll(pending.where("org_id", "=", orgId));
    const totals = await db
      .selectFrom(all.as("usage"))
      .select((eb) => [sumOf(eb.ref("invocations")).as("invocations"), sumOf(eb.ref("errors")).as("errors")])
      .executeTakeFirstOrThrow();
    return { invocations: Number(totals.invocations), errors: Number(totals.errors) };
  }

  /** The same per day of the last `days` UTC days, today included; ascending, days without calls left out. */
  orgDaily(orgId: string, days: number, now: bigint): Promise<UsagePeriod[]> {
    return this.#periods("org_id", orgId, days, now);
  }

  /** Totals per day of the last `days` UTC days, today included; ascending, days without calls left out. */
  daily(agentId: string, days: number, now: bigint): Promise<UsagePeriod[]> {
    return this.#periods("agent_id", agentId, days, now);
  }

  /** How many of these paid calls the log holds, or held, as successful. */
  async countSuccesses(callIds: readonly string[]): Promise<number> {
    if (callIds.length === 0) return 0;
    const { db } = this.#storage;
    const ids = [...callIds];
    const logged = db
      .selectFrom("call_log")
      .select("id")
      .where("id", "in", ids)
      .where("payer_org_id", "is not", null)
      .where("status", "=", "success");
    // A row on its way out is in both for a moment.
    const all = logged.union(db.selectFrom("paid_calls").select("id").where("id", "in", ids));
    const query = db.selectFrom(all.as("paid")).select((eb) => eb.fn.countAll<bigint>().as("count"));
    return Number((await query.executeTakeFirstOrThrow()).count);
  }

  async #periods(whose: Whose, id: string, days: number, now: bigint): Promise<UsagePeriod[]> {
    const rows = await this.#daysOf(whose, id)
      .select((eb) => [
        "day",
        sumOf(eb.ref("invocations")).as("invocations"),
        sumOf(eb.ref("errors")).as("errors"),
        sumOf(eb.ref("latency_us")).as("latency_us"),
      ])
      .where("day", ">", now / MICROS_PER_DAY - BigInt(days))
      .groupBy("day")
      .orderBy("day")
      .execute();
    return rows.map(toPeriod);
  }

  /** Totals by agent and day together with the calls that they do not count yet: one statement sees both at one instant. */
  #daysOf(whose: Whose, id: string) {
    const { db } = this.#storage;
    const counted = db.selectFrom("usage_daily").where(whose, "=", id);
    const pending = db.selectFrom("usage_pending").where(whose, "=", id);
    const all = counted
      .select(["day", "invocations", "errors", "latency_us", "last_call_at"])
      .unionAll(pending.select(["day", sql<bigint>`1`.as("invocations"), "errors", "latency_us", "last_call_at"]));
    return db.selectFrom(all.as("usage"));
  }
}

/** A call that nobody pays for, and who is told of it. */
interface ToldCall {
  entry: CallEntry;
  audience: Audience;
}

/** Under which names a caller may be asked for; none where nobody will ask. */
export type CallerNames = (entry: CallEntry) => readonly string[];

/** The same caller of the same agent. */
const isAlike = (a: CallEntry, b: CallEntry): boolean =>
  a.agentId === b.agentId && a.caller === b.caller && a.callerIp === b.callerIp;

/** A call that is not counted yet, with its caller's names. */
type PendingCall = Omit<UsagePendingTable, "seq">;

const toPending = (entry: CallEntry, callers: string | null): PendingCall => {
  const gatewayMicros = gatewayMicrosOf(entry);
  return {
    agent_id: entry.agentId,
    day: entry.createdAt / MICROS_PER_DAY,
    org_id: entry.orgId,
    errors: entry.errorDetail === null ? 0n : 1n,
    latency_us: BigInt(entry.latencyMicros),
    last_call_at: entry.createdAt,
    callers,
    payer_org_id: entry.payerOrgId,
    error: kindOfError(entry.errorDetail) || null,
    is_public: entry.isPublic === false ? 0n : 1n,
    agent_us: entry.agentMicros === null ? null : BigInt(entry.agentMicros),
    gateway_us: gatewayMicros === null ? null : BigInt(gatewayMicros),
    paid: entry.price ?? 0n,
    earned: entry.earned ?? 0n,
  };
};

const ofPending = (call: PendingCall): CountedCall => ({
  agentId: call.agent_id,
  orgId: call.org_id,
  payerOrgId: call.payer_org_id,
  errorDetail: call.error ?? (call.errors === 0n ? null : "error"),
  isPublic: call.is_public !== 0n,
  createdAt: call.last_call_at,
  latencyMicros: Number(call.latency_us),
  agentMicros: call.agent_us === null ? null : Number(call.agent_us),
  price: call.paid ?? 0n,
  earned: call.earned ?? 0n,
});

const servedPending = ({ agent_id, callers }: PendingCall): ServedCall[] =>
  callers === null ? [] : [{ agentId: agent_id, callers: callers.split(" ") }];

type Whose = "agent_id" | "org_id";

/** Takes the oldest calls that are not counted yet, but for those that somebody else is counting. */
function takePending({ engine, db }: Storage): Statement {
  const oldest = db.selectFrom("usage_pending").select("seq").orderBy("seq").limit(PENDING_BATCH);
  const free = engine === "postgres" ? oldest.forUpdate().skipLocked() : oldest;
  return db.deleteFrom("usage_pending").where("seq", "in", free).returning(PENDING_COLUMNS).compile();
}

const toPeriod = (row: Pick<UsageDailyTable, "day" | "invocations" | "errors" | "latency_us">): UsagePeriod => ({
  period: new Date(Number(row.day * (MICROS_PER_DAY / 1000n))).toISOString().slice(0, 10),
  invocations: Number(row.invocations),
  errors: Number(row.errors),
  latencyMicros: row.latency_us,
});

const PENDING_COLUMNS = [
  "agent_id",
  "day",
  "org_id",
  "errors",
  "latency_us",
  "last_call_at",
  "callers",
  "payer_org_id",
  "error",
  "is_public",
  "agent_us",
  "gateway_us",
  "paid",
  "earned",
] as const satisfies (keyof PendingCall)[];
