import { freePort, temporaryDirectory } from "@agentgate/testing";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { ADMIN_KEY, type ServedNode, serveNode, startAgent, type TestAgent, textTask } from "../../testing/index.ts";
import { WatchedBrowser } from "../testing/watched-browser.ts";

const executablePath = inject("chromiumPath");

describe.skipIf(!executablePath)(
  "a gateway that goes away and comes back under open pages",
  { timeout: 600_000 },
  () => {
    const data = temporaryDirectory("restarted");
    let port: number;
    let node: ServedNode;
    let agent: TestAgent;
    let browser: WatchedBrowser;
    let signedIn: Awaited<ReturnType<WatchedBrowser["signIn"]>>;
    let org: { id: string; api_key: string };
    let agentId: string;
    const serve = async () => {
      node = await serveNode({
        AGENTGATE_PORT: `${port}`,
        AGENTGATE_DATA_DIR: data.path,
        AGENTGATE_API_KEY: ADMIN_KEY,
        AGENTGATE_SECRET_KEY: "0123456789abcdef0123",
        AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
        AGENTGATE_TOPUP: "open",
      });
    };
    const kill = async () => {
      node.child.kill("SIGKILL");
      await node.exited;
    };
    const ask = async <T = any>(method: string, path: string, body?: unknown, key = ADMIN_KEY): Promise<T> => {
      const response = await fetch(node.url + path, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return JSON.parse(text);
    };
    beforeAll(async () => {
      port = await freePort();
      [agent, browser] = await Promise.all([startAgent(), WatchedBrowser.launch(executablePath!), serve()]);
      org = await ask("POST", "/orgs/", { name: "acme" });
      agentId = (await ask("POST", "/agents/", { name: "greeter", url: agent.url }, org.api_key)).id;
      signedIn = await browser.signIn(node.url, org.api_key);
    });
    afterAll(async () => {
      await browser?.close();
      node?.child.kill("SIGKILL");
      await node?.exited;
      await agent?.close();
      data.remove();
    });
    const call = (text: string) => ask("POST", `/agents/${agentId}/task`, textTask(text), org.api_key);

    const live = (page: Page) => expect.poll(() => page.getByRole("status").first().textContent()).toBe("Live");
    const main = (page: Page) => page.locator("main").textContent();
    const calls = (page: Page) => page.locator("dl").first().textContent();
    const rows = (page: Page) => page.locator("table.log tbody tr");
    /** That nobody answered is what browsers tell of by themselves. */
    const isRefused = (complaint: string) => /: Failed to load resource: net::ERR_[A-Z_]+$/.test(complaint);

    test("each says so, also a page that nobody has opened yet, and goes on by itself; the session lasts", async () => {
      await call("before");
      const log = await browser.open(node, "/dashboard/logs", signedIn);
      const context = log.context();
      const [overview, ranged, elsewhere] = [
        await browser.tab(context, node, "/dashboard"),
        await browser.tab(context, node, "/dashboard"),
        await browser.tab(context, node, "/dashboard/agents"),
      ];
      await Promise.all([log, overview, ranged].map(live));
      await expect.poll(() => rows(log).count()).toBe(1);
      await Promise.all([overview, ranged].map((page) => expect.poll(() => calls(page)).toMatch(/^Calls1/)));
      await elsewhere.getByRole("link", { name: "greeter" }).waitFor();

      await kill();
      for (const page of [log, overview])
        await expect.poll(() => page.getByRole("status").first().textContent()).toMatch(/^As of \d\d:\d\d:\d\d$/);
      expect(await rows(log).count()).toBe(1);
      await ranged.getByLabel("Time range").selectOption("1h");
      await expect
        .poll(() => ranged.getByRole("alert").first().textContent())
        .toContain("The gateway cannot be reached.");
      await elsewhere.getByRole("link", { name: "Chains", exact: true }).click();
      await elsewhere.getByText("The gateway cannot be reached. This page goes on as soon as it answers.").waitFor();

      await serve();
      await Promise.all([log, overview, ranged].map(live));
      await elsewhere.getByRole("heading", { level: 1, name: "Chains" }).waitFor();
      await expect.poll(() => main(elsewhere)).toContain("No chain is there yet.");
      await expect.poll(() => calls(ranged)).toMatch(/^Calls1/);
      await call("after");
      await expect.poll(() => rows(log).count()).toBe(2);
      await Promise.all([overview, ranged].map((page) => expect.poll(() => calls(page)).toMatch(/^Calls2/)));
      await context.close();
    });

    test("what somebody writes meanwhile stays, though who is signed in is asked for, and is sent when that helps", async () => {
      const page = await browser.open(node, "/dashboard/wallet", signedIn);
      const field = page.getByRole("textbox", { name: "US dollars" }).first();
      await field.fill("7");
      const written = await field.elementHandle();
      await page.getByRole("button", { name: "Add $7.00" }).waitFor();
      await kill();
      // Who comes back to a page after minutes has it ask who is signed in.
      let asked = 0;
      page.on("requestfailed", (request) => {
        if (request.url().endsWith("/session")) asked++;
      });
      await page.evaluate(
        "(() => { const now = Date.now.bind(Date); Date.now = () => now() + 120_000; dispatchEvent(new Event('visibilitychange')); })()",
      );
      await expect.poll(() => asked).toBeGreaterThan(0);
      await serve();
      expect(await written!.evaluate((one: any) => one.isConnected && one.value)).toBe("7");
      await page.getByRole("button", { name: "Add $7.00" }).click();
      await expect.poll(() => main(page)).toContain("$7.00 was added.");
      await page.context().close();
    });

    test("no page complained of anything else, and none asked elsewhere", () =>
      expect(browser.complaints.filter((complaint) => !isRefused(complaint))).toEqual([]));
  },
);
