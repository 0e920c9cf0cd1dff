import { type Kysely, sql } from "kysely";

const PAGE = 10;

/** Checkouts and orders are listed by whose they are, the newest first, with what is told of their lines beside the whole of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ["ucp_checkouts", "ucp_orders"]) {
    await db.schema.alterTable(table).addColumn("summary", "text").execute();
    await summarize(db, table);
    await db.schema.createIndex(`${table}_list`).on(table).columns(["owner", "created_at", "id"]).execute();
  }
}

async function summarize(db: Kysely<unknown>, table: string): Promise<void> {
  for (let after = ""; ; ) {
    const { rows } = await sql<{ id: string; document: string }>`
      select id, document from ${sql.table(table)} where id > ${after} order by id limit ${sql.lit(PAGE)}
    `.execute(db);
    for (const { id, document } of rows) {
      const { lines } = JSON.parse(document) as { lines: object[] };
      const summary = JSON.stringify(lines.map((line) => ({ ...line, inputs: undefined, given: undefined })));
      await sql`update ${sql.table(table)} set summary = ${summary} where id = ${id}`.execute(db);
    }
    const last = rows.at(-1);
    if (!last) return;
    after = last.id;
  }
}
