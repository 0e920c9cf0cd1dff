import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { isTransient, UnknownOutcomeError } from "../errors.ts";
import { createTestStorage, type TestStorage } from "../testing/index.ts";

const dieInside = { sql: "select pg_terminate_backend(pg_backend_pid())", parameters: [] };

describe.skipIf(!inject("postgresUrl"))("postgres", () => {
  let fixture: TestStorage;
  beforeAll(async () => {
    fixture = await createTestStorage("postgres");
  });
  afterAll(() => fixture?.remove());

  test("a connection lost on the way to a commit is an unknown outcome, and the next statement has a new one", async () => {
    const { storage } = fixture;
    await expect(storage.batch([dieInside])).rejects.toThrow(UnknownOutcomeError);
    const late = storage.transact([], () => ({ writes: [dieInside], value: 0 }));
    await expect(late).rejects.toThrow(UnknownOutcomeError);
    await storage.ping();
  });

  test("a table that another node has changed meanwhile is a passing trouble", async () => {
    const { storage } = fixture;
    const read = storage.db.selectFrom("settings").selectAll().where("name", "=", "x").compile();
    await storage.batch([read]);
    await storage.batch([{ sql: "alter table settings add column later text", parameters: [] }]);
    const error = await storage.batch([read]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(isTransient(error)).toBe(true);
    expect(await storage.batch([read])).toMatchObject([{ rows: [] }]);
  });

  test("a connection lost before any write was sent is an ordinary error", async () => {
    const { storage } = fixture;
    const early = storage.transact([dieInside], () => ({ writes: [], value: 0 }));
    const error = await early.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(UnknownOutcomeError);
    await storage.ping();
  });
});
