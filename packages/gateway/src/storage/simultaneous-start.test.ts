import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { compileCache, programArguments } from "@agentgate/testing/programs";
import { describe, expect, test } from "vitest";
import { migrations } from "./migrations/index.ts";
import { createEmptyDatabase, testEngines } from "./testing/index.ts";

const program = programArguments(new URL("./testing/open-once.ts", import.meta.url));

describe.each(testEngines())("%s", (engine) => {
  test("four processes that start at once on an empty database all come up", async () => {
    const database = await createEmptyDatabase(engine);
    try {
      const { dataDirectory, databaseUrl } = database.location;
      const args = [...program, dataDirectory, ...(databaseUrl ? [databaseUrl] : [])];
      const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: compileCache() };
      const starts = Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, args, { env }));
      const counts = (await Promise.all(starts)).map(({ stdout }) => Number(stdout));
      expect(counts).toEqual(Array(4).fill(Object.keys(migrations).length));
    } finally {
      await database.remove();
    }
  });
});
