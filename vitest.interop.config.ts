import { defineConfig } from "vitest/config";
import base from "./vitest.outward.ts";

/**
 * Clients in other languages and of other makers, whose toolchains and packages are no part of the project: each runs where its toolchain is
 * installed. And conversations of clients that go on when a node is killed.
 */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["tests/interop/*.interop.ts"],
    testTimeout: 600_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
