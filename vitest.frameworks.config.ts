import { defineConfig } from "vitest/config";
import base from "./vitest.outward.ts";

/** The faces in real projects of frameworks that are too heavy to install for every run. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["tests/frameworks/*.framework.ts"],
    globalSetup: [],
    fileParallelism: false,
  },
});
