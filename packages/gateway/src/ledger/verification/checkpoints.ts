import {
  KeyedStatement,
  type LedgerCheckpointsTable,
  lockingRow,
  RowInsert,
  type Storage,
  sumOf,
} from "../../storage/index.ts";
import type { HoldShelf, OpenHold, OpenHolds } from "./open-holds.ts";
import type { Problem } from "./problems.ts";
import { beginning, type Place } from "./walk.ts";

/** Where a walk in the background is, and what it has found. */
export interface Checkpoint {
  /** 0 for one that was never saved. */
  version: bigint;
  place: Place;
  held: bigint;
  stage: string;
  cursor: string;
  endedAt: bigint | null;
  problems: readonly Problem[];
}

/** Holds that one statement removes. */
const CLEARED_ROWS = 500;

/** One walk's checkpoint in the database, and the holds that are open there. */
export class CheckpointStore implements HoldShelf {
  readonly #storage: Storage;
  readonly #name: string;
  readonly #insert: RowInsert<"ledger_checkpoint_holds">;
  readonly #remove: KeyedStatement;

  /** @param name letters */
  constructor(storage: Storage, name: string) {
    this.#storage = storage;
    this.#name = name;
    const columns = ["checkpoint", "id", "account", "amount", "expires_at"] as const;
    const replace = `on conflict (checkpoint, id) do update set
      account = excluded.account, amount = excluded.amount, expires_at = excluded.expires_at`;
    this.#insert = new RowInsert(storage.engine, "ledger_checkpoint_holds", columns, replace);
    const mine = `delete from ledger_checkpoint_holds where checkpoint = '${name}' and id in`;
    this.#remove = new KeyedStatement(storage.engine, mine);
  }

  get #db() {
    return this.#storage.db;
  }

  async load(): Promise<Checkpoint> {
    const row = await this.#row().executeTakeFirst();
    if (!row) return { version: 0n, place: beginning, held: 0n, stage: "", cursor: "", endedAt: null, problems: [] };
    const { version, seq, hash, created_at, elapsed, held, stage, cursor, ended_at } = row;
    const place = { seq, hash, created_at, elapsed };
    return { version, place, held, stage, cursor, endedAt: ended_at, problems: parseProblems(row.problems) };
  }

  /**
   * Saves a checkpoint, and the holds, in place of the version that it goes on from.
   * @returns false when another node was there before: nothing was saved
   */
  async save(checkpoint: Checkpoint, holds: OpenHolds): Promise<boolean> {
    const { version, place, held, stage, cursor, endedAt, problems } = checkpoint;
    const row: LedgerCheckpointsTable = {
      ...{ name: this.#name, version: version + 1n, ...place, held, stage, cursor, ended_at: endedAt },
      problems: JSON.stringify(problems, (_, value) => (typeof value === "bigint" ? `${value}` : value)),
    };
    const written =
      version === 0n
        ? this.#db.insertInto("ledger_checkpoints").values(row).compile()
        : this.#db.updateTable("ledger_checkpoints").set(row).where("name", "=", this.#name).compile();
    const { opened, resolved } = holds.changes();
    const writes = [
      written,
      ...this.#remove.statements(resolved),
      ...this.#insert.statements(opened.map((hold) => ({ checkpoint: this.#name, ...hold }))),
    ];
    const isSaved = await this.#storage.transact([lockingRow(this.#storage, this.#row()).compile()], ([found]) => {
      const isMine = (found!.rows[0]?.version ?? 0n) === version;
      return { writes: isMine ? writes : [], value: isMine };
    });
    if (isSaved) holds.shelved();
    return isSaved;
  }

  /** Removes some of the holds. @returns whether there were any */
  async clear(): Promise<boolean> {
    const some = this.#db
      .selectFrom("ledger_checkpoint_holds")
      .select("id")
      .where("checkpoint", "=", this.#name)
      .orderBy("id")
      .limit(CLEARED_ROWS);
    const { numDeletedRows } = await this.#db
      .deleteFrom("ledger_checkpoint_holds")
      .where("checkpoint", "=", this.#name)
      .where("id", "in", some)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  async find(ids: readonly string[]): Promise<OpenHold[]> {
    if (ids.length === 0) return [];
    return this.#holds().select(["id", "account", "amount", "expires_at"]).where("id", "in", ids).execute();
  }

  async heldBy(accounts: readonly string[]): Promise<{ account: string; held: bigint }[]> {
    if (accounts.length === 0) return [];
    return this.#holds()
      .select((eb) => ["account", sumOf(eb.ref("amount")).as("held")])
      .where("account", "in", accounts)
      .groupBy("account")
      .execute();
  }

  async idsAfter(after: string, limit: number): Promise<string[]> {
    const page = this.#holds().select("id").where("id", ">", after).orderBy("id").limit(limit);
    return (await page.execute()).map(({ id }) => id);
  }

  #row() {
    return this.#db.selectFrom("ledger_checkpoints").selectAll().where("name", "=", this.#name);
  }

  #holds() {
    return this.#db.selectFrom("ledger_checkpoint_holds").where("checkpoint", "=", this.#name);
  }
}

function parseProblems(text: string): Problem[] {
  const problems = JSON.parse(text) as (Omit<Problem, "row"> & { row?: string })[];
  return problems.map(({ row, ...problem }) => ({ ...(row !== undefined && { row: BigInt(row) }), ...problem }));
}
