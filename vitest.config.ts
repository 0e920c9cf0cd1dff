import { defineConfig } from "vitest/config";
import base from "./vitest.base.ts";

/** Tests that look at the process they run in: its memory, its environment. Each has one of its own. */
const apart = [
  "packages/cli/src/openapi/draft.test.ts",
  "packages/client/src/site/docs.test.ts",
  "packages/gateway/src/a2a/list-tasks.test.ts",
  "packages/gateway/src/a2a/many-streams.test.ts",
  "packages/gateway/src/deploy/hosting.test.ts",
  "packages/gateway/src/http/csv-garbage.test.ts",
  "packages/gateway/src/outbound/answer-bytes.test.ts",
  "packages/gateway/src/routing/large-answers.test.ts",
  "packages/gateway/src/storage/postgres/ask.test.ts",
  "packages/gateway/src/storage/sqlite/answers.test.ts",
  "packages/site/src/engine/event-stream.test.ts",
];

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    globalSetup: ["packages/testing/src/services/spared-setup.ts"],
    // The others share a process's modules: to load them anew for each file took a third of the time.
    projects: [
      {
        extends: true,
        test: {
          name: "together",
          isolate: false,
          include: [
            "packages/*/src/**/*.test.ts",
            "tools/**/*.test.ts",
            "tests/**/*.test.ts",
            "examples/**/*.test.ts",
            "bench/**/*.test.ts",
          ],
          exclude: apart,
        },
      },
      { extends: true, test: { name: "apart", include: apart } },
    ],
  },
});
