import { defineConfig } from "vitest/config";
import base from "./vitest.outward.ts";

/** What would be published and run: packages in empty projects, the image's steps, the chart, the unit. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["tools/release/*.release.ts"],
    globalSetup: ["tools/release/testing/release-run.ts"],
    testTimeout: 1_800_000,
    // On a machine that does much else, a build takes many times as long.
    hookTimeout: 3_600_000,
    fileParallelism: false,
  },
});
