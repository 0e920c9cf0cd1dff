import { defineConfig } from "vitest/config";
import base from "./vitest.outward.ts";

/** OpenAPI documents: the gateway's own, before linters and generators, and public ones, before the importer. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["tests/documents/*.documents.ts"],
    globalSetup: [],
    testTimeout: 1_800_000,
    hookTimeout: 900_000,
    fileParallelism: false,
  },
});
