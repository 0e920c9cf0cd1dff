import { defineConfig } from "vitest/config";
import base from "./vitest.base.ts";

/** What takes too long for every run: the same suites with more rounds, more seeds, more time. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["packages/*/src/**/*.soak.ts", "tests/**/*.soak.ts"],
    testTimeout: 3_600_000,
    // What they measure is told, also by those that pass.
    silent: false,
  },
});
