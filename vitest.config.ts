import { defineConfig } from "vitest/config";

/** The workspace packages are tested from their TypeScript sources. */
const conditions = ["agentgate-source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "tools/**/*.test.ts",
      "tests/**/*.test.ts",
      "examples/**/*.test.ts",
      "bench/**/*.test.ts",
    ],
    globalSetup: ["packages/testing/src/services/global-setup.ts"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // What must become true soon becomes true late on a loaded machine.
    expect: { poll: { timeout: 10_000, interval: 20 } },
    maxWorkers: 2,
  },
});
