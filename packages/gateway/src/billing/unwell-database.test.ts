import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "@agentgate/testing";
import pg from "pg";
import { inject, test } from "vitest";
import { createDatabase } from "../storage/testing/index.ts";
import { expectHonesty } from "./unwell-database.suite.ts";

test.skipIf(!findProgram("prlimit"))(
  "a gateway whose files on SQLite may not grow any more is honest about it",
  async () => {
    const { location, remove } = await createDatabase("sqlite");
    const { dataDirectory } = location;
    await expectHonesty({
      location,
      async takeWrites(pid) {
        const sizes = readdirSync(dataDirectory).map((name) => statSync(join(dataDirectory, name)).size);
        const limit = (bytes: string) => execFileSync("prlimit", [`--pid=${pid}`, `--fsize=${bytes}:unlimited`]);
        limit(`${Math.max(...sizes)}`);
        return async () => void limit("unlimited");
      },
    });
    await remove();
  },
);

test.skipIf(!inject("postgresUrl"))("a gateway whose PostgreSQL has become read only is honest about it", async () => {
  const { location, remove } = await createDatabase("postgres");
  await expectHonesty({ location, takeWrites: () => readOnly(location.databaseUrl!) });
  await remove();
});

async function readOnly(databaseUrl: string): Promise<() => Promise<void>> {
  const execute = async (statements: (name: string) => string[]) => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query("set session characteristics as transaction read write");
    const { rows } = await client.query("select current_database() as name");
    for (const statement of statements(rows[0].name)) await client.query(statement);
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    await client.end();
  };
  await execute((name) => [`alter database ${name} set default_transaction_read_only = on`]);
  return () => execute((name) => [`alter database ${name} reset default_transaction_read_only`]);
}
