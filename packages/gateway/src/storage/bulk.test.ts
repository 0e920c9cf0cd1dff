import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KeyedStatement, RowInsert } from "./bulk.ts";
import { isUniqueViolation } from "./errors.ts";
import { createTestStorage, type TestStorage, testEngines } from "./testing/index.ts";

describe.each(testEngines())("on %s", (engine) => {
  let fixture: TestStorage;
  beforeAll(async () => {
    fixture = await createTestStorage(engine);
    // What migrations have left there.
    await fixture.storage.db.deleteFrom("settings").execute();
  });
  afterAll(() => fixture?.remove());

  test.each([0, 1, 7, 8, 9, 63, 64, 65, 300])("%i rows go in, are found by their keys and go out", async (count) => {
    const { storage } = fixture;
    const insert = new RowInsert(engine, "settings", ["name", "value"]);
    const select = new KeyedStatement(engine, "select name, value from settings where name in", "and value <> 'x'");
    const remove = new KeyedStatement(engine, "delete from settings where name in");
    const rows = Array.from({ length: count }, (_, n) => ({ name: `name-${n}`, value: `value-${n}` }));
    const names = rows.map(({ name }) => name);

    const inserts = [...insert.statements(rows), ...insert.statements([{ name: "other", value: "x" }])];
    const inserted = (await storage.batch(inserts)).reduce((sum, { affected }) => sum + affected, 0n);
    expect(inserted).toBe(BigInt(count + 1));
    const found = await storage.batch(select.statements([...names, "other", "missing"]));
    expect(found.flatMap((result) => result.rows).map(({ value }) => value)).toHaveLength(count);
    await storage.batch(remove.statements([...names, "other"]));
    expect(await storage.db.selectFrom("settings").selectAll().execute()).toEqual([]);
  });

  test("of rows of which one is refused none goes in", async () => {
    const { storage } = fixture;
    const insert = new RowInsert(engine, "settings", ["name", "value"]);
    const rows = ["a", "b", "c", "b"].map((name) => ({ name, value: "" }));
    await expect(storage.batch(insert.statements(rows))).rejects.toSatisfy(isUniqueViolation);
    expect(await storage.db.selectFrom("settings").selectAll().execute()).toEqual([]);
  });

  test("the texts repeat, so that they stay prepared", () => {
    const insert = new RowInsert(engine, "settings", ["name", "value"]);
    const select = new KeyedStatement(engine, "select * from settings where name in");
    const texts = new Set<string>();
    for (let count = 0; count < 300; count++) {
      const rows = Array.from({ length: count }, (_, n) => ({ name: `${n}`, value: "" }));
      for (const { sql } of insert.statements(rows)) texts.add(sql);
      for (const { sql } of select.statements(rows.map(({ name }) => name))) texts.add(sql);
    }
    expect(texts.size).toBeLessThanOrEqual(8);
  });
});
