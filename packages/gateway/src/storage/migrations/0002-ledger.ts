import { type Kysely, sql } from "kysely";

/** The ledger: the journal with its entries, and what is derived from them (accounts, open holds, the head). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("ledger_journal")
    .addColumn("seq", "bigint", (column) => column.primaryKey())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("step", "text", (column) => column.notNull())
    .addColumn("key", "text")
    .addColumn("fingerprint", "text")
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("account", "text")
    .addColumn("payer", "text")
    .addColumn("receiver", "text")
    .addColumn("amount", "bigint", (column) => column.notNull())
    .addColumn("fee", "bigint", (column) => column.notNull())
    .addColumn("expires_at", "bigint")
    .addColumn("reference", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .execute();
  const unique = (name: string) => db.schema.createIndex(name).on("ledger_journal").unique();
  await unique("ledger_journal_id").columns(["id", "step"]).execute();
  await unique("ledger_journal_key").column("key").where(sql.ref("key"), "is not", null).execute();
  for (const party of ["payer", "receiver"]) {
    await db.schema
      .createIndex(`ledger_journal_${party}`)
      .on("ledger_journal")
      .columns([party, "created_at"])
      .where(sql.ref(party), "is not", null)
      .execute();
  }

  await db.schema
    .createTable("ledger_entries")
    .addColumn("seq", "bigint", (column) => column.notNull().references("ledger_journal.seq"))
    .addColumn("account", "text", (column) => column.notNull())
    .addColumn("amount", "bigint", (column) => column.notNull())
    .addColumn("balance", "bigint", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("ledger_entries_key", ["seq", "account"])
    .execute();
  await db.schema
    .createIndex("ledger_entries_account")
    .on("ledger_entries")
    .columns(["account", "created_at"])
    .execute();

  await db.schema
    .createTable("ledger_accounts")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("posted", "bigint", (column) => column.notNull())
    .addColumn("held", "bigint", (column) => column.notNull())
    .execute();

  await db.schema
    .createTable("ledger_holds")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("account", "text", (column) => column.notNull())
    .addColumn("amount", "bigint", (column) => column.notNull())
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("reference", "text", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("ledger_holds_due").on("ledger_holds").column("expires_at").execute();
  await db.schema.createIndex("ledger_holds_account").on("ledger_holds").column("account").execute();

  await db.schema
    .createTable("ledger_head")
    .addColumn("id", "bigint", (column) => column.primaryKey())
    .addColumn("seq", "bigint", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
  await sql`insert into ledger_head (id, seq, hash, created_at) values (1, 0, '', 0)`.execute(db);
}
