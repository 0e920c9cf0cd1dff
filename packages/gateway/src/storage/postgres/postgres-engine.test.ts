import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { UnknownOutcomeError } from "../errors.ts";
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

  test("a connection lost before any write was sent is an ordinary error", async () => {
    const { storage } = fixture;
    const early = storage.transact([dieInside], () => ({ writes: [], value: 0 }));
    const error = await early.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(UnknownOutcomeError);
    await storage.ping();
  });
});
