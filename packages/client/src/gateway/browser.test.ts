import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import {
  ADMIN_KEY,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
} from "../../../gateway/src/testing/index.ts";
import { bundled } from "../testing/bundled-bytes.ts";

const executablePath = inject("chromiumPath");

/** `export { a as A }` as what other scripts of the page see. */
const published = (_: string, names: string) =>
  `globalThis.sdk={${names.split(",").map((one) => one.trim().split(" as ").reverse().join(":"))}};`;

describe.runIf(executablePath)("in a browser", () => {
  let gate: TestGateway;
  let echo: TestAgent;
  beforeAll(async () => {
    [gate, echo] = await Promise.all([startTestGateway(), startAgent()]);
  });
  afterAll(() => Promise.all([gate.close(), echo.close()]));

  test("the client lists, sends, streams, follows, repeats, is refused and is closed, as its bundle alone", async () => {
    const { id } = await gate.register({ name: "echo", url: echo.url, protocol: "plain" });
    const code = await bundled("AgentGateClient, textOf, NotFoundError");
    const browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      // A page of one's own, at the gateway's address.
      await page.route("**/own/*", (route) =>
        route.request().url().endsWith(".js")
          ? route.fulfill({
              contentType: "text/javascript",
              body: code.replace(/export\s*\{([^}]*)\};?\s*$/, published),
            })
          : route.fulfill({
              contentType: "text/html",
              body: '<!doctype html><script type="module" src="client.js"></script>',
            }),
      );
      await page.goto(`${gate.url}/own/page`);
      const seen = await page.evaluate(
        async ({ url, id, key }) => {
          const { AgentGateClient, textOf, NotFoundError } = (globalThis as any).sdk;
          const client = new AgentGateClient(url, { apiKey: key });
          const agents = await client.listAgents();
          const files = [new File(["abc"], "a.txt")];
          const answer = textOf(await client.sendTask(id, "Hello!", { files }));
          const events = [];
          for await (const event of client.streamTask(id, "Hello!")) events.push(event.type);
          let ready: string | undefined;
          for await (const { type } of client.followEvents()) {
            ready = type;
            break;
          }
          const missing = await client
            .getAgent("00000000-0000-4000-8000-000000000000")
            .catch((error: unknown) => error);
          await client.close();
          const closed = await client.health().catch((error: { code: string }) => error.code);
          return [agents.length, answer, events, ready, NotFoundError.isInstance(missing), missing.requestId, closed];
        },
        { url: gate.url, id, key: ADMIN_KEY },
      );
      expect(seen).toEqual([1, "Echo: Hello!", ["status", "result"], "ready", true, expect.any(String), "closed"]);
      expect(JSON.parse(echo.received[0]!.body).message.parts[1].file.bytes).toBe(btoa("abc"));
    } finally {
      await browser.close();
    }
  });
});
