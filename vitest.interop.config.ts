import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** Clients in other languages, whose toolchains and packages are no part of the project: each runs where its toolchain is installed. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["tests/interop/*.interop.ts"],
    globalSetup: [],
    testTimeout: 600_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
