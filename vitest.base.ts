import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** What all suites have in common. The workspace packages are tested from their TypeScript sources. */
const conditions = ["agentgate-source"];

// What the person or machine that starts a run has set for other programs must not reach the gateways and tools under test.
for (const name of Object.keys(process.env)) {
  const foreign =
    /^(https?|all|no)_proxy$|^(NO|FORCE)_COLOR$|^NODE_(OPTIONS|EXTRA_CA_CERTS|USE_ENV_PROXY)$|^PORT$|^PG|_URL$/i;
  const ours = /^AGENTGATE_(?!TEST_|SEED$|SOAK$)/;
  if (foreign.test(name) || ours.test(name)) delete process.env[name];
}

// What the gateways and tools that tests start are compiled to is kept: they start in half the time.
process.env.NODE_COMPILE_CACHE = fileURLToPath(new URL("node_modules/.cache/agentgate-tests", import.meta.url));

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    setupFiles: ["packages/testing/src/seed.ts"],
    globalSetup: ["packages/testing/src/services/global-setup.ts"],
    // Bounds for what hangs, not for what is slow: a loaded machine may take a minute where an idle one takes a second.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 90_000, interval: 20 } },
    // What a test's parts tell the console is of interest when it fails.
    silent: "passed-only",
    // On two cores: tests wait for two thirds of their time.
    maxWorkers: 4,
  },
});
