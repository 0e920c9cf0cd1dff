import { type RawBuilder, type Selectable, sql } from "kysely";
import type { Amount, AttemptNote, Lane, LaneStore, StockStore, StoredMessage, Taken } from "../outbox/index.ts";
import type { Clock } from "../runtime/index.ts";
import { type Statement, type Storage, sharedNow, sumOf, type WebhookDeliveriesTable } from "../storage/index.ts";

/** A delivery that is being made: each is a lane of its own, for nobody waits for the one before. */
export interface HeldDelivery extends StoredMessage {
  sender: string;
  endpointId: string | null;
  orgId: string | null;
  agentId: string | null;
  event: string;
  url: string | null;
  createdAt: bigint;
  /** What was tried before. JSON array. */
  log: string;
}

/** Attempts that are kept of a delivery, the last. */
const ATTEMPTS_KEPT = 24;
const LANE_COLUMNS = ["id", "owner", "agent_id", "receiver"] as const;
const HELD_COLUMNS = sql.raw(
  "id, sender, endpoint_id, org_id, agent_id, event, url, body, bytes, failures, attempts, created_at",
);
type HeldRow = Pick<
  Selectable<WebhookDeliveriesTable>,
  | "id"
  | "sender"
  | "endpoint_id"
  | "org_id"
  | "agent_id"
  | "event"
  | "url"
  | "body"
  | "bytes"
  | "attempts"
  | "failures"
  | "created_at"
>;

const micros = (milliseconds: number): bigint => BigInt(Math.round(milliseconds * 1000));

/** Deliveries on their way out. What is over stays in the same table, to be looked at. */
export class DeliveryStore implements LaneStore<HeldDelivery>, StockStore {
  readonly #storage: Storage;
  readonly #clock: Clock;

  constructor(storage: Storage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
  }

  async due(limit: number): Promise<Lane[]> {
    const rows = await this.#storage.db
      .selectFrom("webhook_deliveries")
      .select(LANE_COLUMNS)
      .where("due_at", "is not", null)
      .where("due_at", "<=", this.#now())
      .orderBy("due_at")
      .orderBy("id")
      .limit(limit)
      .execute();
    return rows.map(laneOf);
  }

  async reserve(ids: readonly string[], marker: string, ms: number): Promise<void> {
    const now = this.#now();
    const statements = ids.map((id) =>
      this.#compiled(
        sql`update webhook_deliveries set lease = ${marker}, due_at = ${now} + ${micros(ms)}
          where id = ${id} and due_at is not null and due_at <= ${now}`,
      ),
    );
    await this.#storage.batch(statements);
  }

  async take(id: string, lease: string, leaseMs: number, marker: string): Promise<Taken<HeldDelivery> | undefined> {
    const now = this.#now();
    const [taken] = await this.#storage.batch([
      this.#compiled(
        sql`update webhook_deliveries set lease = ${lease}, due_at = ${now} + ${micros(leaseMs)}
          where id = ${id} and due_at is not null and (due_at <= ${now} or lease = ${marker}) returning ${HELD_COLUMNS}`,
      ),
    ]);
    const row = taken?.rows[0] as HeldRow | undefined;
    return row && { failures: Number(row.failures), head: heldOf(row) };
  }

  async renew(leases: ReadonlyMap<string, string>, leaseMs: number): Promise<Set<string>> {
    const now = this.#now();
    const held = [...leases];
    const results = await this.#storage.batch(
      held.map(([id, lease]) =>
        this.#compiled(
          sql`update webhook_deliveries set due_at = ${now} + ${micros(leaseMs)}
            where id = ${id} and lease = ${lease} and due_at > ${now}`,
        ),
      ),
    );
    return new Set(held.filter((_, index) => results[index]!.affected > 0n).map(([id]) => id));
  }

  /** It is read when it is taken, and there is no other. */
  async head(): Promise<undefined> {
    return undefined;
  }

  async delivered(
    id: string,
    lease: string,
    held: HeldDelivery,
    note: AttemptNote | undefined,
  ): Promise<"lost" | "empty"> {
    return (await this.#end(id, lease, held, "delivered", note)) ? "empty" : "lost";
  }

  async gone(id: string, lease: string, held: HeldDelivery, note: AttemptNote | undefined): Promise<void> {
    await this.#end(id, lease, held, "failed", note);
  }

  async failed(
    id: string,
    lease: string,
    held: HeldDelivery,
    { waitMs, givenUp, note }: { waitMs: number; givenUp: boolean; note: AttemptNote | undefined },
  ): Promise<void> {
    if (givenUp) {
      await this.#end(id, lease, held, "failed", note);
      return;
    }
    await this.#run(
      sql`update webhook_deliveries set failures = failures + 1, attempts = ${withNote(held, note)}, lease = null,
        due_at = ${this.#now()} + ${micros(waitMs)} where id = ${id} and lease = ${lease}`,
    );
  }

  async release(id: string, lease: string, waitMs = 0): Promise<void> {
    await this.#run(
      sql`update webhook_deliveries set lease = null, due_at = ${this.#now()} + ${micros(waitMs)}
        where id = ${id} and lease = ${lease} and due_at is not null`,
    );
  }

  /** Each is given up by its attempts alone. */
  async expire(): Promise<bigint> {
    return 0n;
  }

  async postpone(waits: readonly { id: string; waitMs: number }[]): Promise<void> {
    const now = this.#now();
    await this.#storage.batch(
      waits.map(({ id, waitMs }) =>
        this.#compiled(
          sql`update webhook_deliveries set due_at = ${now} + ${micros(waitMs)}
            where id = ${id} and due_at is not null and due_at <= ${now}`,
        ),
      ),
    );
  }

  async recall(longestMs: number, limit: number): Promise<void> {
    const now = this.#now();
    await sql`update webhook_deliveries set due_at = ${now} where id in (
      select id from webhook_deliveries where due_at is not null and due_at > ${now} + ${micros(longestMs)}
      order by due_at limit ${BigInt(limit)})`.execute(this.#storage.db);
  }

  async amountOf(_column: "owner" | "source", owner: string, enough: number): Promise<Amount> {
    const { rows } = await sql<Record<keyof Amount, bigint>>`
      select cast(count(*) as bigint) as messages, ${sumOf(sql.ref("bytes"))} as bytes from (
        select bytes from webhook_deliveries where owner = ${owner} and due_at is not null limit ${BigInt(enough)}
      ) as waiting`.execute(this.#storage.db);
    return { messages: Number(rows[0]!.messages), bytes: Number(rows[0]!.bytes) };
  }

  /** In the order of owners and ids, which no owner's name has a blank in. */
  async amountAfter(after: string, limit: number): Promise<Amount & { last: string | undefined }> {
    const [owner = "", id = ""] = after.split(" ");
    const rows = await this.#storage.db
      .selectFrom("webhook_deliveries")
      .select(["owner", "id", "bytes"])
      .where("due_at", "is not", null)
      .where("owner", ">=", owner)
      .where((eb) => eb.or([eb("owner", ">", owner), eb("id", ">", id)]))
      .orderBy("owner")
      .orderBy("id")
      .limit(limit)
      .execute();
    const last = rows.at(-1);
    return {
      messages: rows.length,
      bytes: rows.reduce((sum, { bytes }) => sum + Number(bytes), 0),
      last: rows.length === limit && last ? `${last.owner} ${last.id}` : undefined,
    };
  }

  async #end(
    id: string,
    lease: string,
    held: HeldDelivery,
    status: "delivered" | "failed",
    note: AttemptNote | undefined,
  ): Promise<boolean> {
    const affected = await this.#run(
      sql`update webhook_deliveries set status = ${status}, attempts = ${withNote(held, note)}, lease = null, due_at = null
        where id = ${id} and lease = ${lease}`,
    );
    return affected > 0n;
  }

  async #run(statement: RawBuilder<unknown>): Promise<bigint> {
    const [result] = await this.#storage.batch([this.#compiled(statement)]);
    return result!.affected;
  }

  #compiled(statement: RawBuilder<unknown>): Statement {
    return statement.compile(this.#storage.db);
  }

  #now(): RawBuilder<bigint> {
    return sharedNow(this.#storage.engine, this.#clock);
  }
}

/** A delivery as who brings it out sees it. */
export const laneOf = ({
  id,
  owner,
  agent_id,
  receiver,
}: Pick<WebhookDeliveriesTable, "id" | "owner" | "agent_id" | "receiver">): Lane => ({
  ...{ id, owner, receiver },
  source: agent_id ?? owner,
  tenant: owner,
});

const heldOf = (row: HeldRow): HeldDelivery => ({
  id: row.id,
  body: row.body,
  bytes: Number(row.bytes),
  attempts: Number(row.failures),
  sender: row.sender,
  endpointId: row.endpoint_id,
  orgId: row.org_id,
  agentId: row.agent_id,
  event: row.event,
  url: row.url,
  createdAt: row.created_at,
  log: row.attempts,
});

function withNote({ log }: HeldDelivery, note: AttemptNote | undefined): string {
  if (!note) return log;
  const before = JSON.parse(log) as AttemptNote[];
  return JSON.stringify([...before, note].slice(-ATTEMPTS_KEPT));
}
