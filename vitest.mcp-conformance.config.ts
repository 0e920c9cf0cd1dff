import { defineConfig } from "vitest/config";
import base from "./vitest.outward.ts";

/** The official conformance suite of MCP, which is no part of the project: fetched into the cache at the first run. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    silent: false,
    include: ["tests/conformance/mcp/*.conformance.ts"],
    globalSetup: [],
    testTimeout: 600_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
