import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { migrations } from "./migrations/index.ts";
import { createEmptyDatabase, testEngines } from "./testing/index.ts";

const script = fileURLToPath(new URL("./testing/open-once.ts", import.meta.url));

describe.each(testEngines())("%s", (engine) => {
  test("four processes that start at once on an empty database all come up", async () => {
    const database = await createEmptyDatabase(engine);
    try {
      const { dataDirectory, databaseUrl } = database.location;
      const args = ["--conditions=agentgate-source", script, dataDirectory, ...(databaseUrl ? [databaseUrl] : [])];
      const starts = Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, args));
      const counts = (await Promise.all(starts)).map(({ stdout }) => Number(stdout));
      expect(counts).toEqual(Array(4).fill(Object.keys(migrations).length));
    } finally {
      await database.remove();
    }
  });
});
