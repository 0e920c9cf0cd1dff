import { defineConfig } from "vitest/config";
import base from "./vitest.outward.ts";

/** Other runtimes of JavaScript, which are no part of the project: each where its package runs. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["tests/runtimes/*.runtimes.ts"],
    globalSetup: [],
    testTimeout: 600_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
