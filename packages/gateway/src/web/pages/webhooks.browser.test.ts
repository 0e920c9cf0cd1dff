import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../../testing/index.ts";
import { WatchedBrowser } from "../testing/watched-browser.ts";

const executablePath = inject("chromiumPath");

describe.skipIf(!executablePath)("webhooks and chains in a browser", () => {
  let gate: TestGateway;
  let agent: TestAgent;
  let browser: WatchedBrowser;
  let signedIn: Awaited<ReturnType<WatchedBrowser["signIn"]>>;
  let org: { id: string; key: string };
  let priced: string;
  let skilled: string;
  let failsNow = true;
  beforeAll(async () => {
    [gate, agent] = await Promise.all([
      startTestGateway("sqlite", { topup: "open" }),
      startAgent(({ path, body }, response) => {
        if (path === "/hook") {
          response.writeHead(failsNow ? 500 : 200).end(failsNow ? "<script>alert(1)</script>" : "thanks");
          return;
        }
        const { text } = JSON.parse(body).message.parts[0];
        response.setHeader("content-type", "application/json");
        const artifacts = [{ parts: [{ type: "text", text: `Heard: ${text}` }] }];
        response.end(JSON.stringify({ status: { state: "completed" }, artifacts }));
      }),
    ]);
    browser = await WatchedBrowser.launch(executablePath!);
    await gate.gateway.start();
    org = await gate.createOrg("acme");
    const owner = await gate.createOrg("owner");
    await gate.register({ name: "own", url: agent.url }, org.key);
    priced = (await gate.register({ name: "priced", url: agent.url, price_per_task: 0.0015 }, owner.key)).id;
    const skills = [{ id: "sum", name: "Summarize" }];
    const fields = { name: "skilled", url: agent.url, price_per_task: 0.005, skills, prices: { sum: 0.001 } };
    skilled = (await gate.register(fields, owner.key)).id;
    await gate.call("POST", `/orgs/${org.id}/topup`, { amount: 10 }, org.key);
    signedIn = await browser.signIn(gate.url, org.key);
  });
  afterAll(async () => {
    await browser?.close();
    await gate?.close();
    await agent?.close();
  });

  const open = (path: string, options: object = {}) => browser.open(gate, path, signedIn, options);

  test("an endpoint is made, its secret shown once; a test fails, is looked into, sent again, and is delivered", async () => {
    const page = await open("/dashboard/webhooks");
    await expect.poll(() => page.locator("main").textContent()).toContain("Nobody is told of what happens yet.");
    await page.getByRole("button", { name: "New endpoint" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Address").fill(`${agent.url}/hook`);
    await dialog.getByLabel("task.failed").check();
    await dialog.getByRole("button", { name: "New endpoint" }).click();
    await expect.poll(() => dialog.textContent()).toMatch(/whsec_\S{20}/);
    await dialog.getByRole("button", { name: "Close" }).click();
    const panel = page.getByRole("complementary", { name: "This endpoint" });
    await expect.poll(() => panel.textContent()).toContain("task.failed");
    expect(await page.locator("body").textContent()).not.toContain("whsec_");
    await panel.getByRole("button", { name: "Send a test" }).click();
    await panel.getByRole("status").getByRole("link").click();
    const delivery = page.getByRole("complementary", { name: "This delivery" });
    await delivery.getByText("How its answer began").first().click();
    expect(await delivery.textContent()).toContain("<script>alert(1)</script>");
    expect(new URL(page.url()).searchParams.get("delivery")).toMatch(/^[0-9a-f-]{36}$/);
    failsNow = false;
    await delivery.getByRole("button", { name: "Send again" }).click();
    await expect.poll(() => delivery.textContent()).toContain("Delivered");
    await page.getByLabel("Outcome").selectOption("failed");
    await expect.poll(() => page.locator("main").textContent()).toContain("No delivery is like that");
    await page.context().close();
  });

  test("all that an endpoint was told in a time is told again", async () => {
    const [endpoint] = (await gate.call("GET", "/webhooks/endpoints", undefined, org.key)).body.entries;
    const page = await open(`/dashboard/webhooks?tab=deliveries&endpoint_id=${endpoint.id}`);
    const row = page.getByRole("row").filter({ hasText: "webhook.test" });
    const attempts = async () => Number(await row.locator("[data-head=Attempts]").textContent());
    await expect.poll(attempts).toBeGreaterThan(0);
    const before = await attempts();
    await page.getByRole("button", { name: "Send many again" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Which").selectOption("Those that were delivered");
    await dialog.getByRole("button", { name: "Send again" }).click();
    await expect.poll(() => dialog.getByRole("status").textContent()).toMatch(/^(?:One|1) /);
    await dialog.getByRole("button", { name: "Close" }).click();
    await expect.poll(attempts).toBe(before + 1);
    await page.context().close();
  });

  test("an endpoint is changed, told no more, given a new secret, and deleted", async () => {
    const page = await open("/dashboard/webhooks");
    await page.getByRole("link", { name: "/hook" }).click();
    const panel = page.getByRole("complementary", { name: "This endpoint" });
    await panel.getByRole("button", { name: "Change it" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("What it is for").fill("the pager");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect.poll(() => panel.textContent()).toContain("the pager");
    await panel.getByRole("button", { name: "Tell it no more" }).click();
    await expect.poll(() => panel.textContent()).toContain("Told no more");
    expect(await panel.getByRole("button", { name: "Send a test" }).isDisabled()).toBe(true);
    await panel.getByRole("button", { name: "New secret" }).click();
    await dialog.getByRole("button", { name: "Make a new secret" }).click();
    await expect.poll(() => panel.textContent()).toMatch(/whsec_\S{20}/);
    await panel.getByRole("button", { name: "Delete" }).click();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await expect.poll(() => page.locator("main").textContent()).toContain("Nobody is told of what happens yet.");
    await page.context().close();
  });

  test("a chain is made and run: its cost first, each step, its calls in the logs, and no key is left", async () => {
    const page = await open("/dashboard/chains");
    await page.getByRole("button", { name: "New chain" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("ask twice");
    const choice = dialog.getByLabel("Agent", { exact: true });
    await expect.poll(() => choice.locator(`option[value="${priced}"]`).count()).toBe(1);
    await choice.selectOption(priced);
    await dialog.getByRole("button", { name: "One more step" }).click();
    await choice.nth(1).selectOption(priced);
    await dialog.getByLabel("What it is told").nth(0).fill("{previous}?");
    await dialog.getByRole("button", { name: "Later: Step 1" }).click();
    await dialog.getByRole("button", { name: "Save the chain" }).click();
    await page.getByRole("heading", { name: "ask twice" }).waitFor();
    await page.getByLabel("What it is given").fill("Hello <b>");
    await expect.poll(() => page.locator("main").textContent()).toContain("Costs $0.003 at most, for 2 steps.");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await expect.poll(() => page.locator("main").textContent()).toContain("Heard: Heard: Hello <b>?");
    await page.getByRole("link", { name: "Its calls in the logs" }).click();
    await expect.poll(() => page.locator("table.log tbody tr").count()).toBe(2);
    const spent = async () => (await gate.call("GET", `/orgs/${org.id}/wallet`, undefined, org.key)).body.balance;
    expect(await spent()).toBe(9.997);
    const keys = async () => (await gate.call("GET", `/orgs/${org.id}/keys`, undefined, org.key)).body;
    await expect.poll(async () => JSON.stringify(await keys())).not.toContain("Run a chain");
    await page.context().close();
  });

  test("a step is for a skill, costs what that costs, and stays so when something else is changed", async () => {
    const page = await open("/dashboard/chains");
    const main = page.locator("main");
    await page.getByRole("button", { name: "New chain" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("to the point");
    const choice = dialog.getByLabel("Agent", { exact: true });
    await expect.poll(() => choice.locator(`option[value="${skilled}"]`).count()).toBe(1);
    await choice.selectOption(skilled);
    const skill = dialog.getByLabel("Skill", { exact: true });
    await expect
      .poll(() => skill.locator("option").allTextContents())
      .toEqual(["None in particular · $0.005", "Summarize · $0.001"]);
    await skill.selectOption("sum");
    await dialog.getByRole("button", { name: "Save the chain" }).click();
    await page.getByRole("heading", { name: "to the point" }).waitFor();
    await expect.poll(() => main.textContent()).toContain("Costs $0.001 at most: one step.");
    await page.getByRole("button", { name: "Change it" }).click();
    await dialog.getByLabel("What it is for").fill("short texts");
    await dialog.getByRole("button", { name: "Save the chain" }).click();
    await expect.poll(() => main.textContent()).toContain("short texts");
    const id = new URL(page.url()).searchParams.get("chain");
    const { steps } = (await gate.call("GET", `/chains/${id}`, undefined, org.key)).body;
    expect(steps).toMatchObject([{ agent_id: skilled, skill: "sum" }]);
    const balance = async () => (await gate.call("GET", `/orgs/${org.id}/wallet`, undefined, org.key)).body.balance;
    const before = await balance();
    await page.getByLabel("What it is given").fill("Hello");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await expect.poll(() => main.textContent()).toContain("Heard: Hello");
    expect(before - (await balance())).toBeCloseTo(0.001, 9);
    await page.context().close();
  });

  test.each([
    ["light", 1440],
    ["dark", 390],
  ] as const)("no barrier is found, nothing scrolls sideways, %s at %i", async (colorScheme, width) => {
    const { body } = await gate.call(
      ...(["POST", "/webhooks/endpoints", { url: `${agent.url}/hook`, events: [] }, org.key] as const),
    );
    await gate.call("POST", `/webhooks/endpoints/${body.id}/test`, {}, org.key);
    await gate.call("POST", `/agents/${priced}/task`, textTask("x"), org.key);
    const options = { colorScheme, viewport: { width, height: 800 }, bypassCSP: true };
    for (const path of ["/dashboard/webhooks", "/dashboard/webhooks?tab=deliveries", "/dashboard/chains"]) {
      const page = await open(path, options);
      await page.locator("main tbody tr a").first().waitFor();
      expect(await browser.barriers(page), path).toEqual([]);
      await page.locator("main tbody tr a").first().click();
      await page.getByText("ID", { exact: true }).or(page.getByLabel("What it is given")).first().waitFor();
      expect(await browser.barriers(page), path).toEqual([]);
      await page.context().close();
    }
  });

  test("no page complained, and none asked elsewhere", () => expect(browser.complaints).toEqual([]));
});
