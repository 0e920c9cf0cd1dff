import { expect, it } from "vitest";
import { describeFramework } from "./testing/describe-framework.ts";
import { createMsMax } from "./testing/framework-project.ts";

describeFramework("next", [{ name: "Next.js", refusesMalformedPaths: true }], (project) => {
  it(
    "keeps to the basePath of the project",
    async () => {
      const environment = { BASE_PATH: "/shop" };
      await project().build(environment);
      const { fetch } = await project().start("shop", environment);
      const headers = { "X-Agent-Request": "true", "Content-Type": "application/json" };
      for (const path of ["/shop", "/shop/.well-known/agent-manifest.json"]) {
        const response = await fetch(path, { headers });
        expect([path, response.status]).toEqual([path, 200]);
        expect(await response.json()).toMatchObject({ base_url: "https://suite.test/shop" });
      }
      const init = { method: "POST", headers, body: '{"text":"hi"}' };
      expect(await (await fetch("/shop/agent/intents/echo", init)).json()).toEqual({ text: "hi" });
      expect(await (await fetch("/shop")).text()).toContain("<h1>the site</h1>");
    },
    createMsMax,
  );
});
