import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../../testing/index.ts";
import { Keyboard } from "../testing/keyboard.ts";
import { WatchedBrowser } from "../testing/watched-browser.ts";

const executablePath = inject("chromiumPath");
const NOBODY = { cookies: [], origins: [] };

describe.skipIf(!executablePath)("a newcomer without a mouse", { timeout: 600_000 }, () => {
  let gate: TestGateway;
  let agent: TestAgent;
  let browser: WatchedBrowser;
  let buyer: { id: string; key: string };
  beforeAll(async () => {
    [gate, agent] = await Promise.all([startTestGateway("sqlite", { topup: "open" }), startAgent()]);
    browser = await WatchedBrowser.launch(executablePath!);
    await gate.gateway.start();
    buyer = await gate.createOrg("Buyer");
    const seller = await gate.createOrg("Seller");
    await gate.register({ name: "oracle", url: agent.url, price_per_task: 0.01 }, seller.key);
  });
  afterAll(async () => {
    await browser?.close();
    await gate?.close();
    await agent?.close();
  });

  test("signs in by a link, registers an agent and calls it, tops up, pays for a task, sees it in log and chart", async () => {
    const link = new URL((await gate.call("POST", "/session/codes", undefined, buyer.key)).body.url);
    const page = await browser.open(gate, link.pathname + link.search, NOBODY, {
      viewport: { width: 1440, height: 900 },
    });
    const keys = new Keyboard(page);
    const main = page.locator("main");
    const text = () => main.textContent();
    const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
    const linkTo = (name: string) => page.getByRole("link", { name, exact: true });
    const title = (name: string) => page.getByRole("heading", { level: 1, name }).waitFor();

    await keys.to(button("Sign in"));
    await keys.press("Enter");
    await title("Overview");

    await keys.to(linkTo("Agents"));
    await keys.press("Enter");
    await title("Agents");
    await keys.isSomewhere();
    await keys.to(main.getByRole("link", { name: "Register an agent" }));
    await keys.press("Enter");
    await title("Register an agent");
    await keys.isSomewhere();
    await keys.to(page.getByLabel("Address"));
    await keys.write(agent.url);
    await keys.press("Enter");
    await button("Register").waitFor();
    await keys.isSomewhere();
    await keys.to(page.getByLabel("Name", { exact: true }));
    await keys.write("greeter");
    await keys.to(page.getByLabel("Price of a task, in dollars"));
    await keys.write("0.02");
    await keys.press("Enter");
    await expect.poll(text).toContain("greeter is registered.");
    await keys.isSomewhere();

    // Whoever pays himself needs the whole price for a moment.
    await keys.press("g", "w");
    await title("Wallet");
    await keys.isSomewhere();
    await keys.to(main.getByRole("textbox", { name: "US dollars" }).first());
    await keys.write("5");
    await keys.press("Enter");
    await expect.poll(text).toContain("$5.00 was added.");
    await keys.isSomewhere();

    const runs = async (name: string, run: RegExp, task: string) => {
      await keys.press("Escape", "Control+k");
      await page.getByRole("dialog").waitFor();
      await keys.write(name);
      await page
        .getByRole("option")
        .or(page.getByRole("dialog").getByRole("link"))
        .filter({ hasText: name })
        .first()
        .waitFor();
      await keys.press("Enter");
      await title(name);
      await keys.isSomewhere();
      await keys.to(main.getByRole("link", { name: "Try", exact: true }));
      await keys.press("Enter");
      await keys.to(page.getByLabel("Task", { exact: true }));
      await keys.write(task);
      await keys.to(button(run));
      await keys.press("Enter");
      await expect
        .poll(() => page.getByRole("region", { name: "Answer" }).textContent())
        .toContain("This call in the log");
      // The button was off while it ran.
      await keys.isSomewhere();
      await expect.poll(() => button(run).and(page.locator(":focus")).count()).toBe(1);
    };
    await runs("greeter", /^Run/, "Do you answer?");
    await runs("oracle", /^Run for \$0\.01$/, "What comes?");
    await expect.poll(text).toContain("Cost$0.01");

    await keys.to(linkTo("This call in the log"));
    await keys.press("Enter");
    const call = page.getByRole("complementary", { name: "This call" });
    await expect.poll(() => call.textContent()).toContain("$0.01");
    await keys.isSomewhere();
    await keys.press("Escape");
    await call.waitFor({ state: "detached" });
    await keys.isSomewhere();
    await keys.press("j", "Enter");
    await call.waitFor();
    await keys.isSomewhere();

    await keys.press("Escape", "g", "o");
    await title("Overview");
    await keys.isSomewhere();
    await keys.to(page.getByRole("radio").first());
    await keys.press("ArrowRight");
    await expect.poll(() => page.locator("dl").first().textContent()).toMatch(/^Calls2/);
    const chart = page.getByRole("slider", { name: "Calls over time" });
    await keys.to(chart);
    await keys.press("End");
    await expect.poll(() => chart.getAttribute("aria-valuetext")).toMatch(/Succeeded\D+[12]\b/);
    await keys.isSomewhere();
    expect(keys.unseen).toEqual([]);
  });

  test("meets no page that complains, or asks elsewhere", () => expect(browser.complaints).toEqual([]));
});
