import { type Kysely, sql } from "kysely";

const PAGE = 20_000;

/** The ledger's head carries the sums of all accounts and open holds, so that no start has to add them up. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const column of ["posted", "held", "reserved"]) {
    await db.schema
      .alterTable("ledger_head")
      .addColumn(column, "bigint", (definition) => definition.notNull().defaultTo(0))
      .execute();
  }
  const [posted, held] = await sumsOf(db, "ledger_accounts", ["posted", "held"]);
  const [reserved] = await sumsOf(db, "ledger_holds", ["amount"]);
  await sql`update ledger_head set posted = ${posted}, held = ${held}, reserved = ${reserved}`.execute(db);
}

/** Sums over a table, a page at a time in the order of its ids. */
async function sumsOf(db: Kysely<unknown>, table: string, columns: readonly string[]): Promise<bigint[]> {
  const sums = columns.map(() => 0n);
  const selected = sql.join(
    columns.map((column) => sql`cast(sum(${sql.ref(column)}) as bigint) as ${sql.ref(column)}`),
  );
  for (let after = ""; ; ) {
    const { rows } = await sql<Record<string, bigint> & { rows: bigint; last: string }>`
      select count(*) as rows, max(id) as last, ${selected}
      from (select * from ${sql.table(table)} where id > ${after} order by id limit ${sql.lit(PAGE)}) as page
    `.execute(db);
    const [page] = rows;
    if (!page || page.rows === 0n) return sums;
    columns.forEach((column, index) => {
      sums[index]! += page[column]!;
    });
    if (page.rows < BigInt(PAGE)) return sums;
    after = page.last;
  }
}
