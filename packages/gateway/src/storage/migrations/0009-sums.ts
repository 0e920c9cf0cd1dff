import { type Kysely, sql } from "kysely";
import type { EngineName } from "../engine.ts";

/** How far an account's history has been summed, and which organizations were deleted, by whichever node. */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  await db.schema
    .createTable("ledger_sums")
    .addColumn("account", "text", (column) => column.notNull())
    .addColumn("span", "text", (column) => column.notNull())
    .addColumn("until", "bigint", (column) => column.notNull())
    .addColumn("sums", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("ledger_sums_key", ["account", "span"])
    .execute();

  await db.schema
    .createTable("deleted_orgs")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("looks", "bigint", (column) => column.notNull())
    .execute();
  if (engine === "sqlite") {
    await sql`
      create trigger orgs_deleted after delete on orgs begin
        insert into deleted_orgs (id, looks) values (old.id, 0);
      end
    `.execute(db);
    return;
  }
  await sql`
    create function orgs_deleted() returns trigger language plpgsql as
    $$ begin insert into deleted_orgs (id, looks) values (old.id, 0); return null; end $$
  `.execute(db);
  await sql`
    create trigger orgs_deleted after delete on orgs for each row execute function orgs_deleted()
  `.execute(db);
}
