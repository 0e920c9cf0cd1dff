import { expect, it } from "vitest";
import { describeFramework } from "./testing/describe-framework.ts";

const headers = { "X-Agent-Request": "true", "Content-Type": "application/json" };

describeFramework(
  "sveltekit",
  [
    { name: "SvelteKit", refusesForms: true },
    { name: "node:http before SvelteKit", environment: { SERVER: "server.ts" } },
  ],
  (project) => {
    it("has calls without a content type refused by SvelteKit's own check of forms", async () => {
      const { fetch } = await project().start("streaming");
      const path = "/agent/flows/slow/start";
      expect((await fetch(path, { method: "POST", headers: { "X-Agent-Request": "true" } })).status).toBe(403);
      expect((await fetch(path, { method: "POST", headers })).status).toBe(200);
    });

    it("says what is too large for SvelteKit", async () => {
      const { fetch } = await project().start("echo");
      const body = JSON.stringify({ text: "x".repeat(600_000) });
      const response = await fetch("/agent/intents/echo", { method: "POST", headers, body });
      expect([response.status, await response.json()]).toMatchObject([413, { error: "payload_too_large" }]);
    });
  },
);
