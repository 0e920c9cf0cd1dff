import type { Hold, Leases } from "../leases/index.ts";
import { type Clock, type Log, microsNow } from "../runtime/index.ts";
import { type AuditHeadTable, KeyedStatement, RowInsert, type Statement, type Storage } from "../storage/index.ts";
import { digestOf, linkHash } from "./chain.ts";
import { type AuditRow, toWireRow } from "./entry.ts";

export interface ChainKeeperOptions {
  storage: Storage;
  leases: Pick<Leases, "hold">;
  clock: Clock;
  log: Log;
}

const LEASE = "audit-chain";
/** Rows that are linked at once. */
const PAGE = 256;
/** How often the holder looks for what other nodes have written. */
const LOOK_MS = 1_000;
/** Of what waits in the transactions of others: most are committed by then. */
const WAKE_MS = 20;
/** How often the head is told to the log, whose readers keep it where nobody who changes the database can reach it. */
const TOLD_MS = 3_600_000;

/**
 * Links the rows of the audit log into a chain of hashes, soon after they are written and in an order of its own: on one node, under a
 * lease, so that no change ever waits for another one's. Two that both believe to hold the lease take turns at the head, and neither
 * links a row twice.
 */
export class ChainKeeper {
  readonly #options: ChainKeeperOptions;
  readonly #reads: readonly Statement[];
  readonly #insert: RowInsert<"audit_seals">;
  readonly #delete: KeyedStatement;
  readonly #move: string;
  #hold: Hold | undefined;
  #cancel: (() => void) | undefined;
  #linking: Promise<void> | undefined;
  #toldAt: number | undefined;

  constructor(options: ChainKeeperOptions) {
    this.#options = options;
    const { engine } = options.storage;
    const isPostgres = engine === "postgres";
    this.#reads = [
      { sql: `select * from audit_head where id = 1${isPostgres ? " for update" : ""}`, parameters: [] },
      {
        // First which, and then the rows: a planner that is left the choice walks along all of the log to the first that waits.
        sql:
          `with next as materialized (select id from audit_pending order by id limit ${PAGE}) ` +
          "select l.* from next join audit_log l on l.id = next.id order by l.id",
        parameters: [],
      },
    ];
    this.#insert = new RowInsert(engine, "audit_seals", ["seq", "id", "digest", "hash", "sealed_at"]);
    this.#delete = new KeyedStatement(engine, "delete from audit_pending where id in");
    const [seq, hash, at] = isPostgres ? ["$1", "$2", "$3"] : ["?", "?", "?"];
    this.#move = `update audit_head set seq = ${seq}, hash = ${hash}, sealed_at = ${at} where id = 1`;
  }

  start(): void {
    this.#hold ??= this.#options.leases.hold(LEASE, {
      taken: () => this.#schedule(0),
      lost: () => this.#cancel?.(),
    });
  }

  /** There will be something to link soon. */
  wake(): void {
    if (this.#hold?.isHeld && !this.#linking) this.#schedule(WAKE_MS);
  }

  /** Links what waits. @returns how many rows that were */
  async link(): Promise<number> {
    // Who only looks locks nothing.
    const waiting = this.#options.storage.db.selectFrom("audit_pending").select("id").orderBy("id").limit(1);
    if (!(await waiting.executeTakeFirst())) return 0;
    for (let linked = 0; ; ) {
      const count = await this.#linkPage();
      linked += count;
      if (count < PAGE) return linked;
    }
  }

  /** What this node still has to link is linked. */
  async close(): Promise<void> {
    const isHeld = this.#hold?.isHeld === true;
    this.#cancel?.();
    await this.#linking;
    if (isHeld) await this.#work();
    this.#cancel?.();
    await this.#hold?.release();
  }

  #schedule(delayMs: number): void {
    this.#cancel?.();
    this.#cancel = this.#options.clock.after(delayMs, () => {
      this.#linking ??= this.#work().finally(() => {
        this.#linking = undefined;
        if (this.#hold?.isHeld) this.#schedule(LOOK_MS);
      });
    });
  }

  async #work(): Promise<void> {
    const { log } = this.#options;
    await this.link().catch((error) => log.warn({ err: error }, "the audit log's new rows could not be chained"));
  }

  async #linkPage(): Promise<number> {
    const { storage, clock, log } = this.#options;
    const linked = await storage.transact(this.#reads, ([heads, waiting]) => {
      const head = heads!.rows[0] as AuditHeadTable;
      const rows = waiting!.rows as AuditRow[];
      if (rows.length === 0) return { writes: [], value: undefined };
      const sealedAt = later(microsNow(clock), head.sealed_at);
      let { seq, hash } = head;
      const seals = rows.map((row) => {
        const { id } = row;
        const digest = digestOf(toWireRow(row));
        seq += 1n;
        hash = linkHash(hash, { seq, id, digest });
        return { seq, id, digest, hash, sealed_at: sealedAt };
      });
      const ids = rows.map(({ id }) => id);
      const move = { sql: this.#move, parameters: [seq, hash, sealedAt] };
      const writes = [...this.#insert.statements(seals), move, ...this.#delete.statements(ids)];
      return { writes, value: { seq, hash, count: rows.length } };
    });
    if (!linked) return 0;
    const since = this.#toldAt === undefined ? TOLD_MS : clock.monotonic() - this.#toldAt;
    if (since >= TOLD_MS) {
      log.info({ seq: Number(linked.seq), hash: linked.hash }, "the audit log's chain has come to this head");
      this.#toldAt = clock.monotonic();
    }
    return linked.count;
  }
}

function later(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}
