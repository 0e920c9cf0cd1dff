import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../../testing/index.ts";

const executablePath = inject("chromiumPath");
const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
/** What a browser itself says of answers that these tests are about. */
const EXPECTED = /status of (?:401|403|409|422)|ERR_INTERNET_DISCONNECTED|net::ERR_FAILED/;

describe.skipIf(!executablePath)("wallet, usage, orders and settings in a browser", { timeout: 600_000 }, () => {
  let gate: TestGateway;
  let agent: TestAgent;
  let browser: Browser;
  let context: BrowserContext;
  let acme: { id: string; key: string };
  let priced: string;
  const complaints: string[] = [];
  beforeAll(async () => {
    [gate, agent] = await Promise.all([startTestGateway("sqlite", { topup: "open" }), startAgent()]);
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    await gate.gateway.start();
    acme = await gate.createOrg("Acme");
    const seller = await gate.createOrg("Seller");
    priced = (await gate.register({ name: "priced", url: agent.url, price_per_task: 0.25 }, seller.key)).id;
    context = await signedIn(acme.key);
  });
  afterAll(async () => {
    await browser?.close();
    await gate?.close();
    await agent?.close();
  });

  /** A browser that somebody has signed in with this key, as people do. */
  async function signedIn(key: string): Promise<BrowserContext> {
    const fresh = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"], bypassCSP: false });
    const page = await fresh.newPage();
    await page.goto(`${gate.url}/sign-in`);
    await signInHere(page, key);
    await page.waitForURL("**/dashboard");
    await page.close();
    return fresh;
  }
  async function signInHere(page: Page, key: string): Promise<void> {
    await page.locator("input[name=key]").fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
  }
  const open = async (path: string, at = context) => {
    const page = await at.newPage();
    page.setDefaultTimeout(20_000);
    page.on("console", (message) => {
      if (message.type() === "error" && !EXPECTED.test(message.text())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => request.url().startsWith(gate.url) || complaints.push(`asked ${request.url()}`));
    await page.goto(gate.url + path);
    return page;
  };
  const text = (page: Page) => () => page.locator("main").innerText();
  const balance = async () => (await gate.call("GET", `/orgs/${acme.id}/wallet`)).body.balance as number;
  const searchOf = (page: Page) => new URL(page.url()).searchParams;

  test("money comes in, is seen in the ledger, and is accounted for by the month", async () => {
    const page = await open("/dashboard/wallet");
    await expect.poll(text(page)).toContain("No money has come or gone yet.");
    await page.getByRole("textbox", { name: "US dollars" }).first().fill("ten");
    await page.getByRole("button", { name: "Add" }).click();
    await expect.poll(text(page)).toContain("Write an amount such as 25 or 0.50");
    await page.getByRole("textbox", { name: "US dollars" }).first().fill("20.5");
    await page.keyboard.press("Enter");
    await expect.poll(text(page)).toContain("$20.50 was added. The balance is $20.50.");
    expect([...searchOf(page)]).toEqual([]);
    // What moves it is seen as it does.
    await gate.call("POST", `/agents/${priced}/task`, textTask("x"), acme.key);
    const row = page.getByRole("row").filter({ hasText: "priced" });
    await expect.poll(() => row.innerText()).toMatch(/\$0\.25\s+\$20\.25$/);
    await page.getByRole("link", { name: "Statements" }).click();
    await expect.poll(text(page)).toContain("Reconciled: the one paid call is in the call log");
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "All lines as CSV" }).click();
    expect((await download).suggestedFilename()).toMatch(/^statement-20\d\d-\d\d\.csv$/);
    await page.goBack();
    await row.getByRole("link").last().click();
    await expect
      .poll(() => page.getByRole("complementary", { name: "This call" }).innerText())
      .toMatch(/Paid\s+\$0\.25/);
    await page.close();
  });

  test("an answer that is lost on its way: the page says so, and asking again adds nothing twice, in any tab", async () => {
    const before = await balance();
    const page = await open("/dashboard/wallet");
    // The gateway does it, and the connection breaks before it can say so.
    await page.route(
      "**/topup",
      async (route) => {
        const headers = { ...(await route.request().allHeaders()), "sec-fetch-site": "same-origin", origin: gate.url };
        expect((await route.fetch({ headers })).status()).toBe(200);
        await route.abort();
      },
      { times: 1 },
    );
    await page.getByRole("textbox", { name: "US dollars" }).first().fill("5");
    await page.getByRole("button", { name: "Add $5.00" }).click();
    await expect.poll(text(page)).toContain("It is not certain whether $5.00 was added");
    expect(await balance()).toBe(before + 5);
    // Neither a new load nor another tab loses what was begun.
    await page.reload();
    const other = await open(new URL(page.url()).pathname + new URL(page.url()).search);
    for (const tab of [page, other]) {
      await tab.getByRole("button", { name: "Ask again" }).click();
      await expect.poll(text(tab)).toContain("$5.00 had been added already, once");
      expect([...searchOf(tab)]).toEqual([]);
    }
    expect(await balance()).toBe(before + 5);
    await other.close();
    await page.close();
  });

  test("a gateway that cannot be reached: nothing is lost, and asking again adds it once", async () => {
    const before = await balance();
    const page = await open("/dashboard/wallet");
    await page.getByRole("textbox", { name: "US dollars" }).first().fill("7");
    await context.setOffline(true);
    await page.getByRole("button", { name: "Add $7.00" }).click();
    await expect.poll(text(page)).toContain("It is not certain whether $7.00 was added");
    await context.setOffline(false);
    await page.getByRole("button", { name: "Ask again" }).click();
    await expect.poll(text(page)).toContain("$7.00 was added.");
    expect(await balance()).toBe(before + 7);
    await page.close();
  });

  test("where a provider takes the money, or the admin, the page leads to whom it comes from", async () => {
    const topupCheckoutUrl = "https://pay.example.com/?org={org_id}&usd={amount}";
    const [provider, closed] = [
      await gate.another({ topup: "provider", topupCheckoutUrl }),
      await gate.another({ topup: "admin" }),
    ];
    const page = await context.newPage();
    await page.goto(`${provider.url}/dashboard/wallet`);
    await page.getByRole("textbox", { name: "US dollars" }).first().fill("9");
    await page.getByRole("button", { name: "Add $9.00" }).click();
    const pay = page.getByRole("link", { name: "Pay $9.00 at pay.example.com" });
    expect(await pay.getAttribute("href")).toBe(`https://pay.example.com/?org=${acme.id}&usd=9`);
    await page.goto(`${closed.url}/dashboard/wallet`);
    await expect.poll(text(page)).toContain("The admin of this gateway tops wallets up.");
    await page.close();
    await Promise.all([provider, closed].map(({ gateway }) => gateway.close(2_000)));
  });

  test("a session that ends in the middle leads to signing in, and back to what was written", async () => {
    const tab = await signedIn(acme.key);
    const page = await open("/dashboard/wallet", tab);
    await page.getByRole("textbox", { name: "US dollars" }).first().fill("40");
    await gate.call("DELETE", "/sessions", undefined, acme.key);
    await page.getByRole("button", { name: "Add $40.00" }).click();
    const signIn = page.getByRole("button", { name: "Sign in" }).first();
    await signIn.click();
    await page.waitForURL("**/sign-in?next=*");
    await signInHere(page, acme.key);
    await page.waitForURL("**/dashboard/wallet?amount=40");
    expect(await page.getByRole("textbox", { name: "US dollars" }).first().inputValue()).toBe("40");
    await tab.close();
    context = await signedIn(acme.key);
  });

  test("a key is made for something, shown once, works, is rotated with grace, disabled and deleted by its name", async () => {
    await gate.call("POST", `/orgs/${acme.id}/topup`, { amount: 1 });
    const page = await open("/dashboard/settings?tab=keys");
    await page.getByRole("link", { name: "New key" }).click();
    await page.getByRole("button", { name: "Make the key" }).click();
    await expect.poll(text(page)).toContain("Give it a name that says what it is for.");
    await page.getByRole("textbox", { name: "Name" }).fill("build");
    await page.getByRole("searchbox", { name: "Only these agents" }).fill("pric");
    await page.getByRole("button", { name: /^priced/ }).click();
    await page.getByRole("textbox", { name: "A day" }).fill("1.50");
    // What is written outlasts a new load.
    await page.reload();
    expect(await page.getByRole("textbox", { name: "A day" }).inputValue()).toBe("1.50");
    await page.getByRole("textbox", { name: "Only from these addresses" }).fill("not-an-address");
    await page.getByRole("button", { name: "Make the key" }).click();
    await expect.poll(text(page)).toContain("not-an-address: Must be an IP address or a CIDR range");
    await page.getByRole("textbox", { name: "Only from these addresses" }).fill("");
    await page.getByRole("button", { name: "Make the key" }).click();
    const shown = page.getByRole("region", { name: /^The key build/ });
    await shown.getByRole("button", { name: "Copy" }).first().click();
    const key = await page.evaluate<string>("navigator.clipboard.readText()");
    expect(key).toMatch(/^ag_org_/);
    expect(page.url()).not.toContain(key.slice(-8));
    const me = await gate.call("GET", "/me", undefined, key);
    expect(me.body).toMatchObject({ scopes: ["tasks:call"], key: { agents: [priced], budgets: [{ amount: 1.5 }] } });
    await shown.getByRole("button", { name: "I have kept it" }).click();
    await gate.call("POST", `/agents/${priced}/task`, textTask("x"), key);
    // When it was used is told within a minute.
    gate.clock.skip(60_000);
    const used = async () => (await gate.call("GET", `/orgs/${acme.id}/keys/${me.body.key.id}`)).body.last_used_at;
    await expect.poll(used).toMatch(/^20/);
    await page.reload();
    expect(await page.content()).not.toContain(key);
    const row = page.getByRole("row").filter({ hasText: "build" });
    await expect.poll(() => row.innerText()).toContain("$0.25 of $1.50 a day");

    await row.getByRole("link", { name: "build" }).click();
    const detail = page.getByRole("dialog", { name: "build", exact: true });
    await detail.getByRole("button", { name: "Rotate" }).click();
    const asked = page.getByRole("dialog", { name: "Rotate build" });
    await expect.poll(() => asked.innerText()).toMatch(/It was last used/);
    await asked.getByRole("button", { name: "Rotate" }).click();
    await expect.poll(text(page)).toContain("The key build. It is shown this once");
    expect((await gate.call("GET", "/me", undefined, key)).status).toBe(200);
    await page.getByRole("button", { name: "I have kept it" }).click();

    await row.getByRole("link", { name: "build" }).click();
    await detail.getByRole("button", { name: "Change" }).click();
    const changed = page.getByRole("dialog", { name: "Change build" });
    expect(await changed.getByRole("textbox", { name: "A day" }).inputValue()).toBe("1.5");
    await changed.getByRole("textbox", { name: "A day" }).fill("2");
    await changed.getByRole("textbox", { name: "Calls a second" }).fill("0");
    await changed.getByRole("button", { name: "Save" }).click();
    await expect.poll(() => changed.innerText()).toContain("Write a number");
    await changed.getByRole("textbox", { name: "Calls a second" }).fill("2.5");
    await changed.getByRole("button", { name: "Save" }).click();
    await expect.poll(() => detail.innerText()).toContain("$0.25 of $2.00 a day");
    const { body: kept } = await gate.call("GET", `/orgs/${acme.id}/keys/${me.body.key.id}`);
    expect(kept).toMatchObject({ rate_limit: 2.5, agents: [priced], scopes: ["tasks:call"] });
    await detail.getByRole("button", { name: "Disable" }).click();
    await page.getByRole("dialog", { name: "Disable build" }).getByRole("button", { name: "Disable" }).click();
    await expect.poll(() => detail.innerText()).toContain("Disabled");
    await detail.getByRole("button", { name: "Delete" }).click();
    const last = page.getByRole("dialog", { name: "Delete build" });
    expect(await last.getByRole("button", { name: "Delete" }).isDisabled()).toBe(true);
    await last.getByRole("textbox").fill("build");
    await last.getByRole("button", { name: "Delete" }).click();
    await expect.poll(text(page)).toContain("No further key has been made.");
    await page.close();
  });

  test("the own key is rotated in two steps, and whoever has the old one knows before it ends", async () => {
    const { id, key } = await gate.createOrg("Rotating");
    const at = await signedIn(key);
    const page = await open("/dashboard/settings?tab=keys", at);
    await page.getByRole("button", { name: "Rotate" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Rotate" }).click();
    const shown = page.getByRole("region", { name: /own key/ });
    await shown.getByRole("button", { name: "Copy" }).first().click();
    const next = await page.evaluate<string>("navigator.clipboard.readText()");
    await expect.poll(text(page)).toContain("A new key waits to be confirmed.");
    await page.getByRole("button", { name: "End the old key" }).click();
    const asked = page.getByRole("dialog");
    await expect.poll(() => asked.innerText()).toContain("You are signed in with the old key: this signs you out.");
    await asked.getByRole("button", { name: "End the old key" }).click();
    await page.waitForURL("**/sign-in?next=*");
    await signInHere(page, next);
    await page.waitForURL("**/dashboard/settings?tab=keys");
    expect((await gate.call("GET", `/orgs/${id}`, undefined, key)).status).toBe(401);
    await at.close();
  });

  test("a key that may not do something says who may; one that has ended leads to signing in", async () => {
    const path = `/orgs/${acme.id}/keys`;
    const fields = { name: "desk", scopes: ["wallet:read", "billing:read", "orgs:read", "keys:read"], expires_in: 300 };
    const { key } = (await gate.call("POST", path, fields, acme.key)).body;
    const at = await signedIn(key);
    const page = await open("/dashboard/wallet", at);
    await expect.poll(text(page)).toContain("Top up: the key that you are signed in with was not made for this.");
    expect(await page.getByRole("button", { name: "Add" }).count()).toBe(0);
    await page.goto(`${gate.url}/dashboard/orders`);
    await expect.poll(text(page)).toContain("checkouts:use");
    await page.goto(`${gate.url}/dashboard/settings?tab=keys`);
    await expect.poll(text(page)).toContain("New key: the key that you are signed in with was not made for this.");
    gate.clock.skip(301_000);
    // A page whose figures it does not have yet.
    await page.getByRole("link", { name: "Usage" }).first().click();
    // Where the session is asked for anew, the page leads there by itself.
    await Promise.race([
      page.waitForURL("**/sign-in?next=*"),
      page.getByRole("button", { name: "Sign in" }).first().click(),
    ]);
    await page.waitForURL("**/sign-in?next=*");
    await at.close();
    // Pages go by the clock of the gateway, as it says with its answers.
    const list = await context.newPage();
    await list.route("**/*", async (route) => {
      const response = await route.fetch();
      await route.fulfill({
        response,
        headers: { ...response.headers(), date: new Date(gate.clock.now()).toUTCString() },
      });
    });
    await list.goto(`${gate.url}/dashboard/settings?tab=keys`);
    await expect.poll(() => list.getByRole("row").filter({ hasText: "desk" }).innerText()).toContain("Over");
    await list.close();
  });

  test("who is signed in is seen, and ended one by one", async () => {
    const other = await signedIn(acme.key);
    const theirs = await open("/dashboard/usage", other);
    const page = await open("/dashboard/settings?tab=sessions");
    const rows = page.getByRole("row").filter({ hasText: "127.0.0.1" });
    await expect.poll(() => rows.count()).toBeGreaterThan(1);
    expect(await rows.filter({ hasText: "this one" }).count()).toBe(1);
    const count = await rows.count();
    await rows.filter({ hasNotText: "this one" }).first().getByRole("button", { name: "End" }).click();
    await expect.poll(() => rows.count()).toBe(count - 1);
    await theirs.reload();
    await theirs.waitForURL("**/sign-in?next=*");
    await other.close();
    await page.close();
  });

  test("a tier says what it changes before it does; usage has its alert line; a checkout is canceled", async () => {
    const page = await open("/dashboard/settings");
    await page.getByRole("button", { name: "Change to Pro" }).click();
    const asked = page.getByRole("dialog");
    await expect.poll(() => asked.innerText()).toMatch(/3\.00.% before, 2\.50.% after/);
    await asked.getByRole("button", { name: "Change to Pro" }).click();
    await expect.poll(() => page.getByRole("row").filter({ hasText: "Pro" }).innerText()).toContain("(now)");

    const { id } = await gate.register({ name: "own", url: agent.url }, acme.key);
    await gate.call("POST", `/agents/${id}/task`, textTask("x"));
    // The page reads once what has been counted by then.
    const counted = async () => (await gate.call("GET", `/agents/${id}/usage`)).body.total_invocations;
    await expect.poll(counted).toBe(1);
    await page.getByRole("link", { name: "Usage" }).first().click();
    await page.getByRole("textbox", { name: "Tell at, US dollars" }).fill("0.001");
    await page.getByRole("button", { name: "Save" }).click();
    await expect.poll(() => page.locator("dl").first().innerText()).toContain("Reached");
    await expect.poll(() => page.getByRole("slider", { name: /alert line/ }).count()).toBe(1);
    await expect.poll(text(page)).toMatch(/own [0-9a-f]{8}\s+1\s+0/);

    const task = { agent_id: priced, task: textTask("x") };
    await gate.call("POST", "/ucp/checkout", task, acme.key);
    await page.getByRole("link", { name: "Orders" }).first().click();
    await page.getByRole("link", { name: "Checkouts" }).click();
    await page.getByRole("link", { name: /^priced/ }).click();
    await page.getByRole("button", { name: "Cancel it" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel it" }).click();
    await expect.poll(() => page.getByRole("complementary").innerText()).toContain("Canceled");
    await page.close();
  });

  test("the admin chooses whose wallet it is, and the choice goes along", async () => {
    const admin = await browser.newContext();
    const page = await open(new URL(await gate.gateway.signInLink()).pathname, admin);
    await page.goto(await gate.gateway.signInLink());
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/dashboard");
    await page.getByRole("link", { name: "Wallet" }).first().click();
    await page.getByRole("link", { name: "Acme", exact: true }).click();
    await expect.poll(text(page)).toContain("Available");
    expect(searchOf(page).get("org")).toBe(acme.id);
    await page.getByRole("link", { name: "Usage" }).first().click();
    await expect.poll(text(page)).toContain("Metered in all");
    expect(searchOf(page).get("org")).toBe(acme.id);
    await admin.close();
  });

  test("no barrier is found and nothing scrolls sideways, at any width, in both themes", async () => {
    const at = await browser.newContext({
      storageState: await context.storageState(),
      bypassCSP: true,
      reducedMotion: "reduce",
    });
    const page = await open("/dashboard/wallet", at);
    const order = `/dashboard/orders?tab=checkouts`;
    const keys = "/dashboard/settings?tab=keys";
    const wallet = "/dashboard/wallet";
    for (const path of [
      ...[wallet, `${wallet}?tab=holds`, `${wallet}?tab=statements`, `${wallet}?amount=5&attempt=a`],
      ...["/dashboard/usage", order, "/dashboard/settings", "/dashboard/settings?tab=limits"],
      ...[keys, `${keys}&new=key`, "/dashboard/settings?tab=sessions"],
    ]) {
      await page.goto(gate.url + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await expect.poll(() => page.getByText("Loading", { exact: true }).count()).toBe(0);
      await page.evaluate(axe);
      for (const [colorScheme, width] of [
        ["light", 390],
        ["dark", 390],
        ["dark", 1440],
        ["light", 1440],
        ["light", 320],
      ] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        const where = `${path} at ${width}, ${colorScheme}`;
        // Charts take the new width a moment after their page has it.
        await expect
          .poll(() => page.evaluate("document.documentElement.scrollWidth - innerWidth"), { message: where })
          .toBeLessThanOrEqual(0);
        if (width === 320) continue;
        const found = (await page.evaluate("axe.run().then(({ violations }) => violations)")) as any[];
        const told = found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }: any) => html).join("; ")}`);
        expect(told, where).toEqual([]);
      }
    }
    await at.close();
  });

  test("no page complained, and none asked elsewhere", () => expect(complaints).toEqual([]));
});
