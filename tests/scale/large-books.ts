import { spawn } from "node:child_process";
import { once } from "node:events";
import { DatabaseSync } from "node:sqlite";
import { findProgram } from "@agentgate/testing";
import pg from "pg";
import { type Entry, hashRow, type JournalRow } from "../../packages/gateway/src/ledger/journal.ts";
import { silentLog, systemClock } from "../../packages/gateway/src/runtime/index.ts";
import { openStorage, sqliteFile } from "../../packages/gateway/src/storage/index.ts";
import type { Location } from "../../packages/gateway/src/storage/testing/index.ts";

export interface LargeBooks {
  /** Each is topped up once; the other rows are paid tasks. */
  wallets: number;
  /** Of the journal. */
  rows: number;
  /** Tasks that are under way at any time, and at the end. */
  open: number;
}

/** What is derived from the journal at its end. */
export interface Derived {
  seq: bigint;
  hash: string;
  createdAt: bigint;
  elapsed: bigint;
  held: bigint;
  accounts: Iterable<{ id: string; posted: bigint; held: bigint }>;
  holds: { id: string; account: string; amount: bigint; type: string; reference: string; expires_at: bigint }[];
}

/** Where books are written to, in bulk. */
interface Sink {
  row(row: JournalRow, entries: readonly Entry[]): void;
  /** Waits until what was written is taken. */
  drain(): Promise<void>;
  end(derived: Derived): Promise<void>;
}

const PRICE = 1_000n;
const FEE = 30n;
/** A day: what is open stays so while it is measured. */
const LIFETIME = 86_400_000_000n;
const TOPUP = 1_000_000n;

/** An id whose order says nothing of when it was made, as those of real ones. */
const idOf = (kind: number, number: number): string => {
  const scattered = (Math.imul(number + 1, 2_654_435_761) >>> 0).toString(16).padStart(8, "0");
  return `${scattered}-000${kind}-4000-8000-${number.toString(16).padStart(12, "0")}`;
};
const walletOf = (number: number) => idOf(1, number);
const taskOf = (number: number) => idOf(2, number);

/** Writes sound books into empty databases, into all of them at once: what costs most is the chain, which is one. */
export async function writeLargeBooks(books: LargeBooks, sinks: readonly Sink[]): Promise<void> {
  const { wallets, rows, open } = books;
  const posted = new Float64Array(wallets);
  let [world, platform] = [0n, 0n];
  let [seq, previous, createdAt, elapsed] = [0n, "", 1_700_000_000_000_000n, 0n];
  const write = (
    fields: Omit<JournalRow, "seq" | "created_at" | "elapsed" | "hash">,
    moved: [string, bigint, bigint][],
  ) => {
    seq++;
    createdAt += 37n;
    elapsed += 37n;
    const entries = moved.map(([account, amount, balance]) => ({
      seq,
      account,
      amount,
      balance,
      created_at: createdAt,
    }));
    const row = { ...fields, seq, created_at: createdAt, elapsed, hash: "" };
    row.hash = hashRow(previous, row, entries);
    previous = row.hash;
    for (const sink of sinks) sink.row(row, entries);
  };
  const credit = (wallet: number, amount: bigint): bigint => {
    posted[wallet]! += Number(amount);
    return BigInt(posted[wallet]!);
  };
  const none = { account: null, payer: null, receiver: null, expires_at: null, fingerprint: "x".repeat(43) };

  for (let wallet = 0; wallet < wallets; wallet++) {
    world -= TOPUP;
    const account = walletOf(wallet);
    const id = idOf(3, wallet);
    write(
      { ...none, id, step: "post", key: id, type: "topup", receiver: account, amount: TOPUP, fee: 0n, reference: "{}" },
      [
        [account, TOPUP, credit(wallet, TOPUP)],
        ["world", -TOPUP, world],
      ],
    );
    if (wallet % 4_096 === 0) for (const sink of sinks) await sink.drain();
  }
  const payerOf = (task: number) => Math.imul(task, 40_503) % wallets;
  const expiries = new Map<number, bigint>();
  const reference = (task: number) => `{"agent_id":"a-${task % 1_000}","task_id":"t-${task}"}`;
  let [reserved, resolved] = [0, 0];
  while (seq < rows) {
    if (reserved - resolved < open) {
      const id = taskOf(reserved);
      const account = walletOf(Math.abs(payerOf(reserved)));
      const expires_at = elapsed + 37n + LIFETIME;
      expiries.set(reserved, expires_at);
      const hold = { account, amount: PRICE, fee: 0n, expires_at, type: "task", reference: reference(reserved) };
      write({ ...none, ...hold, id, step: "reserve", key: id }, []);
      reserved++;
    } else {
      const payer = Math.abs(payerOf(resolved));
      const account = walletOf(payer);
      const common = {
        ...none,
        id: taskOf(resolved),
        account,
        key: null,
        type: "task",
        reference: reference(resolved),
      };
      expiries.delete(resolved);
      if (resolved % 10 === 0) {
        write({ ...common, fingerprint: null, step: "release", amount: PRICE, fee: 0n }, []);
      } else {
        const owner = resolved % 2 === 0 ? undefined : resolved % 1_000;
        const receiver = owner === undefined || owner === payer ? null : walletOf(owner);
        const paid: [string, bigint, bigint][] = [[account, -PRICE, credit(payer, -PRICE)]];
        const rest = receiver === null ? PRICE : FEE;
        if (receiver !== null) paid.push([receiver, PRICE - FEE, credit(owner!, PRICE - FEE)]);
        platform += rest;
        paid.push(["platform", rest, platform]);
        paid.sort(([a], [b]) => (a < b ? -1 : 1));
        write({ ...common, step: "settle", payer: account, receiver, amount: PRICE, fee: FEE }, paid);
      }
      resolved++;
    }
    if (seq % 4_096n === 0n) for (const sink of sinks) await sink.drain();
  }

  const holds = [...expiries].map(([task, expires_at]) => ({
    ...{ id: taskOf(task), account: walletOf(Math.abs(payerOf(task))), amount: PRICE, type: "task" },
    ...{ reference: reference(task), expires_at },
  }));
  const heldBy = new Map<string, bigint>();
  for (const { account, amount } of holds) heldBy.set(account, (heldBy.get(account) ?? 0n) + amount);
  function* accounts() {
    for (let wallet = 0; wallet < wallets; wallet++) {
      const id = walletOf(wallet);
      yield { id, posted: BigInt(posted[wallet]!), held: heldBy.get(id) ?? 0n };
    }
    yield { id: "world", posted: world, held: 0n };
    yield { id: "platform", posted: platform, held: 0n };
  }
  const held = BigInt(holds.length) * PRICE;
  await Promise.all(
    sinks.map((sink) => sink.end({ seq, hash: previous, createdAt, elapsed, held, holds, accounts: accounts() })),
  );
}

const JOURNAL = [
  ...(["seq", "id", "step", "key", "fingerprint", "type", "account", "payer", "receiver", "amount", "fee"] as const),
  ...(["expires_at", "reference", "created_at", "hash", "elapsed"] as const),
];
const ENTRIES = ["seq", "account", "amount", "balance", "created_at"] as const;
const headOf = ({ seq, hash, createdAt, elapsed, held }: Derived) =>
  `update ledger_head set seq = ${seq}, hash = '${hash}', created_at = ${createdAt}, elapsed = ${elapsed}, held = ${held}, reserved = ${held}`;

/** Brings the tables into being. */
async function migrate(location: Location): Promise<void> {
  const storage = await openStorage({ ...location, clock: systemClock, log: silentLog });
  await storage.close();
}

/** The indexes of a table that is to be filled are made afterwards, all of them at once. */
export async function sqliteSink(location: Location): Promise<Sink> {
  await migrate(location);
  const database = new DatabaseSync(sqliteFile(location.dataDirectory), { enableForeignKeyConstraints: false });
  for (const pragma of ["journal_mode = off", "synchronous = off", "cache_size = -400000", "temp_store = file"])
    database.exec(`pragma ${pragma}`);
  const indexes = database
    .prepare(
      "select name, sql from sqlite_master where type = 'index' and sql is not null and tbl_name in ('ledger_journal', 'ledger_entries')",
    )
    .all();
  for (const { name } of indexes) database.exec(`drop index ${name}`);
  const insert = (table: string, columns: readonly string[]) =>
    database.prepare(
      `insert into ${table} (${columns.map((name) => `"${name}"`).join(", ")}) values (${columns.map(() => "?").join(", ")})`,
    );
  const journal = insert("ledger_journal", JOURNAL);
  const entry = insert("ledger_entries", ENTRIES);
  database.exec("begin");
  return {
    row(row, entries) {
      journal.run(...JOURNAL.map((name) => row[name]));
      for (const each of entries) entry.run(each.seq, each.account, each.amount, each.balance, each.created_at);
    },
    async drain() {},
    async end(derived) {
      const account = insert("ledger_accounts", ["id", "posted", "held"]);
      for (const { id, posted, held } of derived.accounts) account.run(id, posted, held);
      const columns = ["id", "account", "amount", "type", "reference", "expires_at"] as const;
      const hold = insert("ledger_holds", columns);
      for (const each of derived.holds) hold.run(...columns.map((name) => each[name]));
      database.exec(headOf(derived));
      database.exec("commit");
      for (const { sql } of indexes) {
        database.exec(String(sql));
        await new Promise((resolve) => setImmediate(resolve));
      }
      database.exec("pragma journal_mode = wal");
      database.close();
    },
  };
}

export async function postgresSink(location: Location): Promise<Sink> {
  await migrate(location);
  const url = location.databaseUrl!;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows: indexes } = await client.query(
    `select indexname as name, indexdef as sql from pg_indexes
     where tablename in ('ledger_journal', 'ledger_entries') and indexname not like '%key%' or indexname = 'ledger_journal_key'`,
  );
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  await client.query("alter table ledger_entries drop constraint ledger_entries_seq_fkey");
  const journal = copy(url, "ledger_journal", JOURNAL);
  const entry = copy(url, "ledger_entries", ENTRIES);
  return {
    row(row, entries) {
      journal.write(JOURNAL.map((name) => row[name]));
      for (const each of entries) entry.write(ENTRIES.map((name) => each[name]));
    },
    drain: async () => void (await Promise.all([journal.drain(), entry.drain()])),
    async end(derived) {
      await Promise.all([journal.end(), entry.end()]);
      const account = copy(url, "ledger_accounts", ["id", "posted", "held"]);
      for (const { id, posted, held } of derived.accounts) account.write([id, posted, held]);
      await account.end();
      const columns = ["id", "account", "amount", "type", "reference", "expires_at"] as const;
      const hold = copy(url, "ledger_holds", columns);
      for (const each of derived.holds) hold.write(columns.map((name) => each[name]));
      await hold.end();
      await client.query("set maintenance_work_mem = '512MB'");
      for (const { sql } of indexes) await client.query(sql);
      await client.query(
        "alter table ledger_entries add constraint ledger_entries_seq_fkey foreign key (seq) references ledger_journal (seq) not valid",
      );
      await client.query(headOf(derived));
      await client.query("vacuum (analyze) ledger_journal, ledger_entries, ledger_accounts, ledger_holds");
      await client.query("checkpoint");
      await client.end();
    },
  };
}

const CHUNK = 1_048_576;

/** `copy … from stdin` by a program of its own, in the text format: none of what is written needs an escape. */
function copy(url: string, table: string, columns: readonly string[]) {
  const psql = findProgram("psql", "/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin");
  if (!psql) throw new Error("psql is not installed");
  const list = columns.map((name) => `"${name}"`).join(", ");
  const command = [url, "-q", "-v", "ON_ERROR_STOP=1", "-c", `copy ${table} (${list}) from stdin`];
  const child = spawn(psql, command, { stdio: ["pipe", "ignore", "inherit"] });
  const exited = once(child, "exit");
  let chunk = "";
  return {
    write(values: readonly (string | bigint | null)[]): void {
      for (let index = 0; index < values.length; index++) {
        const value = values[index];
        chunk += `${index > 0 ? "\t" : ""}${value === null ? "\\N" : value}`;
      }
      chunk += "\n";
    },
    async drain(): Promise<void> {
      if (chunk.length < CHUNK) return;
      const isRoom = child.stdin.write(chunk);
      chunk = "";
      if (!isRoom) await once(child.stdin, "drain");
    },
    async end(): Promise<void> {
      child.stdin.end(chunk);
      const [code] = await exited;
      if (code !== 0) throw new Error(`copying into ${table} failed`);
    },
  };
}
