import { defineConfig } from "vitest/config";
import base from "./vitest.base.ts";

/** Records by the hundred thousand and million: what grows with them, and what must not. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["tests/scale/*.scale.ts"],
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    fileParallelism: false,
    // What they measure is told, also by those that pass.
    silent: false,
  },
});
