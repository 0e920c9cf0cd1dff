import { performance } from "node:perf_hooks";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../../testing/index.ts";
import { WatchedBrowser } from "../testing/watched-browser.ts";

const executablePath = inject("chromiumPath");
const TWO_MINUTES = 120_000;
const NOBODY = { cookies: [], origins: [] };

describe.skipIf(!executablePath)("a newcomer", () => {
  let gate: TestGateway;
  let agent: TestAgent;
  let browser: WatchedBrowser;
  beforeAll(async () => {
    [gate, agent] = await Promise.all([startTestGateway("sqlite", { topup: "open" }), startAgent()]);
    browser = await WatchedBrowser.launch(executablePath!);
    await gate.gateway.start();
  });
  afterAll(async () => {
    await browser?.close();
    await gate?.close();
    await agent?.close();
  });

  test("has, within two minutes of opening the link, a task that was paid for, logged and drawn", async () => {
    const link = new URL(await gate.gateway.signInLink());
    const began = performance.now();
    const page = await browser.open(gate, link.pathname + link.search, NOBODY);
    const text = () => page.locator("main").textContent();
    const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
    const go = (name: string) => page.getByRole("link", { name, exact: true }).first().click();

    await press("Sign in");
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    // Two organizations: one that sells, one that buys.
    const found = async (name: string): Promise<string> => {
      await page.goto(`${gate.url}/admin/orgs`);
      await press("Create an organization");
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Name").fill(name);
      await dialog.getByRole("button", { name: "Create an organization" }).click();
      const key = /ag_org_[\w-]{43}/;
      await expect.poll(() => dialog.textContent()).toMatch(key);
      return key.exec((await dialog.textContent())!)![0];
    };
    const keys = { seller: await found("Seller"), buyer: await found("Buyer") };
    const signIn = async (key: string) => {
      await page.goto(`${gate.url}/dashboard`);
      await press("Sign out");
      await page.waitForURL((url) => !url.pathname.startsWith("/dashboard"));
      await page.goto(`${gate.url}/sign-in`);
      await page.getByLabel("Key").fill(key);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    };

    await signIn(keys.seller);
    await go("Agents");
    await go("Register an agent");
    await page.getByLabel("Address").fill(agent.url);
    await press("Look");
    await page.getByLabel("Name").fill("greeter");
    await page.getByLabel("Price of a task, in dollars").fill("0.01");
    await press("Register");
    await expect.poll(text).toContain("greeter is registered.");

    await signIn(keys.buyer);
    await go("Wallet");
    await page.getByRole("textbox", { name: "US dollars" }).first().fill("5");
    await press("Add $5.00");
    await expect.poll(text).toContain("$5.00 was added.");
    await page.goto(`${gate.url}/marketplace`);
    await page.getByRole("link", { name: "greeter" }).first().click();
    const id = (await gate.call("GET", "/agents/search?q=greeter")).body.agents[0].id;
    await page.goto(`${gate.url}/dashboard/agents/${id}?tab=try`);
    await page.getByLabel("Task", { exact: true }).fill("Hello");
    await press("Run for $0.01");
    await expect.poll(text).toContain("Cost$0.01");

    await go("This call in the log");
    await expect.poll(() => page.getByRole("complementary", { name: "This call" }).textContent()).toContain("$0.01");
    await go("Overview");
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await expect.poll(() => page.locator("dl").first().textContent()).toContain("$4.99");
    await go("Wallet");
    await expect.poll(() => page.getByRole("row").filter({ hasText: "greeter" }).textContent()).toContain("$4.99");

    await signIn(keys.seller);
    await expect.poll(() => page.locator("dl").first().textContent()).toMatch(/^Calls1/);
    expect(performance.now() - began).toBeLessThan(TWO_MINUTES);
  });

  test("meets no page that complains, or asks elsewhere", () => expect(browser.complaints).toEqual([]));
});
