import { defineConfig } from "vitest/config";
import base from "./vitest.outward.ts";

/** What the gateway tells of itself, as others' programs read it: OpenTelemetry's collector, promtool, Grafana's schema. Built where Go is installed. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["tests/telemetry/*.telemetry.ts"],
    globalSetup: [],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
