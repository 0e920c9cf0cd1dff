import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import {
  ADMIN_KEY,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
  textTask,
} from "../../testing/index.ts";

const executablePath = inject("chromiumPath");
const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

describe.skipIf(!executablePath)("in a browser", () => {
  let gate: TestGateway;
  let agent: TestAgent;
  let browser: Browser;
  let signedIn: Awaited<ReturnType<BrowserContext["storageState"]>>;
  let agentId: string;
  /** What the pages complained of, or asked elsewhere. */
  const complaints: string[] = [];
  beforeAll(async () => {
    [gate, agent] = await Promise.all([startTestGateway("sqlite"), startAgent()]);
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    await gate.gateway.start();
    const described = "# Greets\n\n<script>alert(1)</script> whoever comes: (1 + 2) * 3";
    const fields = { name: "greeter <b>bold</b> \u202eevil", url: agent.url, description: described, tags: ["polite"] };
    agentId = (await gate.register(fields)).id;
    await gate.register({ name: "dear", url: agent.url, price_per_task: 0.0015 });
    await gate.call("POST", `/agents/${agentId}/task`, textTask("Hello"));
  });
  afterAll(async () => {
    await browser?.close();
    await gate?.close();
    await agent?.close();
  });

  function watched(page: Page): Page {
    page.on(
      "console",
      (message) => message.type() === "error" && complaints.push(`${message.location().url}: ${message.text()}`),
    );
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => request.url().startsWith(gate.url) || complaints.push(`asked ${request.url()}`));
    return page;
  }
  const open = async (
    path: string,
    options: Parameters<Browser["newContext"]>[0] = {},
    prepare?: (context: BrowserContext) => Promise<void>,
  ) => {
    const context = await browser.newContext({ storageState: signedIn, ...options });
    await prepare?.(context);
    const page = watched(await context.newPage());
    await page.goto(gate.url + path);
    return page;
  };

  test("a link signs in once, without a key being typed", async () => {
    const context = await browser.newContext();
    const page = watched(await context.newPage());
    await page.goto(await gate.gateway.signInLink());
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/dashboard");
    await expect.poll(() => page.getByRole("heading", { level: 1 }).textContent()).toBe("Overview");
    signedIn = await context.storageState();
    // No script can read it, and nothing else is stored.
    expect(await page.evaluate("document.cookie + Object.keys(localStorage) + Object.keys(sessionStorage)")).toBe("");
    await context.close();
  });

  test("the overview counts what was called, and a click leads to the agents", async () => {
    const page = await open("/dashboard");
    await expect.poll(() => page.locator("dl").first().textContent()).toMatch(/^Calls1before: 0/);
    await page.getByRole("link", { name: "Agents" }).click();
    const row = page.getByRole("row").filter({ hasText: "greeter" });
    // What its owner wrote is text, and hides nothing.
    await expect.poll(() => row.textContent()).toContain("greeter <b>bold</b> ⟨U+202E⟩evil");
    await page.getByRole("searchbox").fill("nobody has this");
    await expect.poll(() => page.locator("main").textContent()).toContain("No agent has that.");
    expect(new URL(page.url()).search).toBe("?q=nobody+has+this");
    await page.context().close();
  });

  test("the marketplace finds while one types, and without a script; what an agent says is text", async () => {
    const page = await open("/", { storageState: { cookies: [], origins: [] } });
    await page.getByRole("link", { name: "Marketplace" }).first().click();
    expect(await page.locator("#found li").filter({ hasText: "dear" }).textContent()).toContain("$0.0015");
    await page.getByRole("searchbox").fill("greeter");
    await expect.poll(() => page.locator("#found [role=status]").textContent()).toBe("1 agent");
    expect(page.url()).toBe(`${gate.url}/marketplace?q=greeter&sort=newest`);
    await page.getByRole("link", { name: "greeter" }).click();
    await page.waitForURL(`**/marketplace/${agentId}/greeter-b-bold-b-evil`);
    expect(await page.locator("main").textContent()).toContain("<script>alert(1)</script> whoever comes: (1 + 2) * 3");
    await page.context().close();
    const plain = await open("/marketplace?tag=polite", { javaScriptEnabled: false });
    expect(await plain.locator("#found [role=status]").textContent()).toBe("1 agent");
    await plain.context().close();
  });

  test("a call is looked into: its time, its money, its address", async () => {
    const page = await open("/dashboard/logs");
    await page.getByRole("link", { name: "greeter" }).click();
    const aside = page.getByRole("complementary", { name: "This call" });
    await expect.poll(() => aside.textContent()).toContain("Nothing was charged.");
    expect(new URL(page.url()).searchParams.get("log")).toMatch(/^[0-9a-f-]{36}$/);
    await page.getByText("Failed", { exact: true }).first().click();
    await expect.poll(() => page.locator("main").textContent()).toContain("No call in this time.");
    await page.context().close();
  });

  test("who reads further down keeps the rows that are there, until the newest are wanted", async () => {
    const { id } = await gate.register({ name: "busy", url: agent.url });
    await Promise.all(
      Array.from({ length: 120 }, () => gate.call("POST", `/agents/${id}/task`, textTask("x"), ADMIN_KEY)),
    );
    const page = await open("/dashboard/logs", {}, (context) => context.clock.install());
    const rows = () => page.locator("table.log tbody tr").count();
    await expect.poll(rows).toBe(100);
    await page.getByRole("button", { name: "Older" }).click();
    await expect.poll(rows).toBeGreaterThan(120);
    const all = await rows();
    await page.clock.fastForward(60_000);
    await page.clock.fastForward(60_000);
    await page.waitForLoadState("networkidle");
    expect(await rows()).toBe(all);
    await page.getByRole("button", { name: "Back to the newest" }).click();
    await expect.poll(rows).toBe(100);
    await page.context().close();
  });

  test("an ended session leads to signing in, and back", async () => {
    const page = await open("/dashboard/agents?q=greet");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/sign-in**");
    await page.goto(`${gate.url}/dashboard/agents?q=greet`);
    expect(page.url()).toBe(`${gate.url}/sign-in?next=${encodeURIComponent("/dashboard/agents?q=greet")}`);
    await page.context().close();
    const again = await browser.newContext();
    const next = watched(await again.newPage());
    await next.goto(await gate.gateway.signInLink());
    await next.getByRole("button", { name: "Sign in" }).click();
    await next.waitForURL("**/dashboard");
    signedIn = await again.storageState();
    await again.close();
  });

  test.each(["light", "dark"] as const)("no barrier is found, nothing scrolls sideways, %s", async (colorScheme) => {
    const pages: [path: string, width: number][] = [
      ["/", 320],
      ["/marketplace", 1440],
      [`/marketplace/${agentId}`, 390],
      ["/sign-in", 320],
      ["/dashboard/logs", 390],
      ["/dashboard", 320],
      ["/dashboard", 1440],
      ["/dashboard/agents", 390],
    ];
    // What a theme changes is colours: a page of each kind shows them.
    const some = colorScheme === "light" ? pages : pages.filter(([path]) => path === "/" || path === "/dashboard/logs");
    for (const [path, width] of some) {
      const page = await open(path, { colorScheme, viewport: { width, height: 800 }, bypassCSP: true });
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("load");
      // What stands for what is still to come is gone.
      await expect.poll(() => page.getByText("Loading", { exact: true }).count()).toBe(0);
      await page.evaluate(axe);
      const found = (await page.evaluate("axe.run().then(({ violations }) => violations)")) as any[];
      const told = found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }: any) => html).join("; ")}`);
      expect(told, `${path} at ${width}`).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), path).toBeLessThanOrEqual(0);
      await page.context().close();
    }
  });

  test("no page complained, and none asked elsewhere", () => expect(complaints).toEqual([]));
});
