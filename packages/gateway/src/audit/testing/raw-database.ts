import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { SOON_MS } from "@agentgate/testing";
import pg from "pg";
import { hashKey } from "../../runtime/index.ts";
import { type EngineName, sqliteFile } from "../../storage/index.ts";

/** A gateway's database, beside the gateway. */
export interface RawDatabase {
  /** Prepares that rows of the audit log cannot be written. */
  letAuditFail(): Promise<void>;
  /** From now on none can, or all can again. */
  failing(fails: boolean): Promise<void>;
  /** What is in each table, but for what goes on by itself. */
  digests(): Promise<Record<string, string>>;
  auditRows(): Promise<any[]>;
  run(sql: string): Promise<any[]>;
  close(): Promise<void>;
}

/** Signs of life, and what is noted of requests that changed nothing. */
const LEFT_OUT = /^(?:leases|agent_health|health_.*|kysely_.*|sqlite_.*|ledger_head|agent_search_.*|audit_fails)$/;
const SQLITE_BUSY = 5;
const FAILS = "select 1 from audit_fails";

export async function openDatabase(
  engine: EngineName,
  where: { databaseUrl?: string | undefined; dataDirectory: string },
): Promise<RawDatabase> {
  const connection = engine === "sqlite" ? sqlite(where.dataDirectory) : await postgres(where.databaseUrl!);
  const { run } = connection;
  return {
    ...connection,
    async letAuditFail() {
      await run("create table audit_fails (id bigint)");
      for (const text of connection.triggers) await run(text);
    },
    async failing(fails) {
      await run(fails ? "insert into audit_fails values (1)" : "delete from audit_fails");
    },
    async digests() {
      const found: Record<string, string> = {};
      for (const { name } of await run(connection.tables)) {
        if (LEFT_OUT.test(name)) continue;
        const rows = await run(`select * from ${name}`);
        // How often a deleted organization's wallet was looked at goes on by itself as well.
        const texts = rows.map(({ last_used_at: _, looks: __, ...row }) => JSON.stringify(row));
        found[name] = `${texts.length} rows, ${hashKey(texts.sort().join("\n"))}`;
      }
      return found;
    },
    auditRows: () => run("select * from audit_log order by id"),
  };
}

const plain = (value: unknown) => (typeof value === "bigint" ? `${value}` : value);

function sqlite(dataDirectory: string) {
  const database = new DatabaseSync(sqliteFile(dataDirectory), { readBigInts: true });
  const rowsOf = (text: string) =>
    database
      .prepare(text)
      .all()
      .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])));
  return {
    // Who writes may be a gateway of this very process, which ends its transaction when it is let: SQLite's own waiting would not.
    async run(text: string): Promise<any[]> {
      for (const endsAt = Date.now() + SOON_MS; ; await pause(5)) {
        try {
          return rowsOf(text);
        } catch (error) {
          if ((error as { errcode?: number }).errcode !== SQLITE_BUSY || Date.now() > endsAt) throw error;
        }
      }
    },
    tables: "select name from sqlite_master where type = 'table'",
    triggers: [
      `create trigger audit_fails before insert on audit_log when exists (${FAILS}) begin
        select raise(abort, 'no row today');
      end`,
    ],
    close: async () => database.close(),
  };
}

async function postgres(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    run: async (text: string): Promise<any[]> => (await client.query(text)).rows,
    tables: "select tablename as name from pg_tables where schemaname = 'public'",
    triggers: [
      `create function audit_fails() returns trigger language plpgsql as $$ begin
        if exists (${FAILS}) then raise exception 'no row today'; end if;
        return new;
      end $$`,
      "create trigger audit_fails before insert on audit_log for each row execute function audit_fails()",
    ],
    close: () => client.end(),
  };
}
