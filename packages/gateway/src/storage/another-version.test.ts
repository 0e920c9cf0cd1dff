import { sql } from "kysely";
import { expect, test } from "vitest";
import { silentLog, systemClock } from "../runtime/index.ts";
import { openStorage } from "./index.ts";
import { createEmptyDatabase, testEngines } from "./testing/index.ts";

test.each(testEngines())("a database of another version is refused in words that help, on %s", async (engine) => {
  const database = await createEmptyDatabase(engine);
  const open = () => openStorage({ ...database.location, clock: systemClock, log: silentLog });
  try {
    const storage = await open();
    await sql`update kysely_migration set name = '0003-another' where name like '0003-%'`.execute(storage.db);
    await storage.close();
    await expect(open()).rejects.toThrow("made by another version of AgentGate");
  } finally {
    await database.remove();
  }
});
