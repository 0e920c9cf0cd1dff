import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../../testing/index.ts";

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
    // How long it took is drawn, and told to ears.
    expect(await page.getByRole("slider", { name: "What agents take" }).getAttribute("aria-description")).toMatch(
      /^Arrows/,
    );
    // What comes is counted as it comes.
    await gate.call("POST", `/agents/${agentId}/task`, textTask("Hello"));
    await expect.poll(() => page.locator("dl").first().textContent()).toMatch(/^Calls2/);
    // Drawn over by keyboard, a span becomes the range, of the next page too; a figure leads to what it counts.
    await page.getByRole("slider", { name: "Calls over time" }).focus();
    for (let n = 0; n < 8; n++) await page.keyboard.press("Shift+ArrowLeft");
    await page.keyboard.press("Enter");
    await expect.poll(() => [...new URL(page.url()).searchParams.keys()]).toEqual(["from", "to"]);
    const brushed = new URL(page.url()).searchParams;
    const hours = (Date.parse(brushed.get("to")!) - Date.parse(brushed.get("from")!)) / 3_600_000;
    expect(hours).toBeGreaterThan(1.9);
    expect(hours).toBeLessThan(3);
    await expect.poll(() => page.locator("dl").first().textContent()).toMatch(/^Calls2/);
    await page.locator("dl").first().getByRole("link", { name: "2", exact: true }).click();
    await expect.poll(() => page.locator("table.log tbody tr").count()).toBe(2);
    expect(new URL(page.url()).searchParams.get("from")).toBe(brushed.get("from"));
    await page.goto(`${gate.url}/dashboard`);
    await page.getByRole("link", { name: "Agents" }).click();
    const row = page.getByRole("row").filter({ hasText: "greeter" });
    // What its owner wrote is text, and hides nothing.
    await expect.poll(() => row.textContent()).toContain("greeter <b>bold</b> ⟨U+202E⟩evil");
    await page.getByRole("searchbox").fill("nobody has this");
    await expect.poll(() => page.locator("main").textContent()).toContain("No agent has that.");
    expect(new URL(page.url()).search).toBe("?q=nobody+has+this");
    await page.context().close();
  });

  test("a browser whose clock is days off sees what happened in the last hours all the same", async () => {
    const days = 3 * 86_400_000;
    for (const offMs of [-days, days]) {
      const page = await open("/dashboard", {}, (context) => context.clock.setSystemTime(Date.now() + offMs));
      await expect.poll(() => page.locator("dl").first().textContent()).toMatch(/^Calls2/);
      await page.getByRole("link", { name: "Logs", exact: true }).first().click();
      await expect.poll(() => page.locator("table.log tbody tr").count()).toBe(2);
      await page.context().close();
    }
  });

  test("the marketplace finds while one types, and without a script; what an agent says is text", async () => {
    const page = await open("/", { storageState: { cookies: [], origins: [] } });
    await page.getByRole("link", { name: "Marketplace" }).first().click();
    expect(await page.locator("#found tbody tr").filter({ hasText: "dear" }).textContent()).toContain("$0.0015");
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

  test("no other site shows a page in a frame", async () => {
    const paths = ["/", "/marketplace", "/guide", "/docs", "/sign-in", "/dashboard", "/admin"];
    const other = createServer((_request, response) => {
      response.setHeader("content-type", "text/html");
      response.end(paths.map((path) => `<iframe src="${gate.url}${path}"></iframe>`).join(""));
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const context = await browser.newContext({ storageState: signedIn });
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    const framed = () => page.frames().slice(1);
    await expect
      .poll(() => framed().map((frame) => frame.url()))
      .toEqual(paths.map(() => "chrome-error://chromewebdata/"));
    await context.close();
    other.close();
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
      ["/dashboard", 320],
      ["/dashboard", 1440],
      ["/dashboard/agents", 390],
    ];
    // What a theme changes is colours: a page of each kind shows them.
    const some =
      colorScheme === "light" ? pages : pages.filter(([path]) => path === "/" || path === "/dashboard/agents");
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
