import { defineConfig } from "vitest/config";
import base from "./vitest.outward.ts";

/** What the gateway writes for good, in others' engines: ClickHouse's own, a library of half a gigabyte that is fetched at the first run, and an S3 server that is built then. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["tests/analytics/*.analytics.ts"],
    globalSetup: [],
    testTimeout: 60_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
