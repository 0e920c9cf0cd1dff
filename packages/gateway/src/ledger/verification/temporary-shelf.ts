import { DatabaseSync } from "node:sqlite";
import type { HoldShelf, OpenHold, OpenHolds } from "./open-holds.ts";
import type { Breathe } from "./walk.ts";

/** Rows that are written without a breath: some milliseconds. */
const STRETCH_ROWS = 500;

/** Open holds in a file that has no name and is gone with the process, or sooner: for a walk that leaves nothing behind. */
export class TemporaryShelf implements HoldShelf {
  #database: DatabaseSync | undefined;

  /** Puts what has changed on the shelf. */
  async put(holds: OpenHolds, breathe: Breathe): Promise<void> {
    const { opened, resolved } = holds.changes();
    const database = this.#open();
    const insert = database.prepare(
      "insert or replace into holds (id, account, amount, expires_at) values (?, ?, ?, ?)",
    );
    const remove = database.prepare("delete from holds where id = ?");
    const work = [
      ...resolved.map((id) => () => void remove.run(id)),
      ...opened.map((hold) => () => void insert.run(hold.id, hold.account, hold.amount, hold.expires_at)),
    ];
    for (let at = 0; at < work.length; at += STRETCH_ROWS) {
      database.exec("begin");
      for (const each of work.slice(at, at + STRETCH_ROWS)) each();
      database.exec("commit");
      await breathe();
    }
    holds.shelved();
  }

  async find(ids: readonly string[]): Promise<OpenHold[]> {
    const query = this.#open().prepare("select * from holds where id in (select value from json_each(?))");
    query.setReadBigInts(true);
    return query.all(JSON.stringify(ids)) as unknown as OpenHold[];
  }

  async heldBy(accounts: readonly string[]): Promise<{ account: string; held: bigint }[]> {
    const query = this.#open().prepare(
      "select account, sum(amount) as held from holds where account in (select value from json_each(?)) group by account",
    );
    query.setReadBigInts(true);
    return query.all(JSON.stringify(accounts)) as unknown as { account: string; held: bigint }[];
  }

  async idsAfter(after: string, limit: number): Promise<string[]> {
    const query = this.#open().prepare("select id from holds where id > ? order by id limit ?");
    return query.all(after, limit).map(({ id }) => String(id));
  }

  close(): void {
    this.#database?.close();
  }

  #open(): DatabaseSync {
    if (this.#database) return this.#database;
    this.#database = new DatabaseSync("");
    this.#database.exec(
      "create table holds (id text primary key, account text not null, amount integer not null, expires_at integer not null) strict;" +
        "create index holds_account on holds (account, amount)",
    );
    return this.#database;
  }
}
