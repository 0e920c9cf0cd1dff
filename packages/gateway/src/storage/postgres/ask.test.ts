import { getHeapSpaceStatistics } from "node:v8";
import { SOON_MS } from "@agentgate/testing";
import { Kysely, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { silentLog } from "../../runtime/index.ts";
import { UnknownOutcomeError } from "../errors.ts";
import { createDatabase, createTestStorage, type TestDatabase, type TestStorage } from "../testing/index.ts";
import { openPostgresEngine } from "./postgres-engine.ts";

const oldBytes = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space")!.space_used_size;

describe.skipIf(!inject("postgresUrl"))("answers", () => {
  let fixture: TestStorage;
  beforeAll(async () => {
    fixture = await createTestStorage("postgres");
  });
  afterAll(() => fixture?.remove());

  test("of a list that is read page by page are garbage before V8 takes them for what lasts", async () => {
    const { db } = fixture.storage;
    const columns = Array.from({ length: 16 }, (_, at) => `md5((n + ${at})::text) as c${at}`);
    const page = sql.raw<Record<string, string>>(`select ${columns} from generate_series(1, 100) as s(n)`);
    let read = 0;
    let lasting = 0;
    let before = oldBytes();
    for (let pages = 0; pages < 500; pages++) {
      const { rows } = await page.execute(db);
      read += rows.length * columns.length * 32;
      const now = oldBytes();
      lasting += Math.max(0, now - before);
      before = now;
    }
    expect(lasting).toBeLessThan(read / 2);
  });
});

describe.skipIf(!inject("postgresUrl"))("an answer that does not come", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase("postgres");
  });
  afterAll(() => database?.remove());

  test("is not waited for longer than is told, nor are those behind it, and the next one has another connection", async () => {
    const onError = vi.fn();
    const { databaseUrl } = database.location;
    const engine = await openPostgresEngine({ databaseUrl: databaseUrl!, log: silentLog, patienceMs: 1_000, onError });
    const never = engine.batch([{ sql: "select pg_sleep(600)", parameters: [] }]);
    await expect(never).rejects.toThrow(UnknownOutcomeError);
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: expect.stringContaining("within 1 s") }));
    const db = new Kysely<unknown>({ dialect: engine.dialect });
    const next = () => sql`select 1 as one`.execute(db).catch(() => undefined);
    await expect.poll(next, { timeout: SOON_MS }).toMatchObject({ rows: [{ one: 1 }] });
    expect(engine.load()).toMatchObject({ busy: 0 });
    await db.destroy();
  });
});
