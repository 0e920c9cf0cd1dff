import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import {
  ADMIN_KEY,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
  textTask,
} from "../../testing/index.ts";
import { openRowByKeys, WatchedBrowser } from "../testing/watched-browser.ts";

const executablePath = inject("chromiumPath");
/** Longer than any walk of focus through a page here. */
const TABS_MAX = 80;

describe.skipIf(!executablePath)("the admin's pages", () => {
  let gate: TestGateway;
  let agent: TestAgent;
  let browser: WatchedBrowser;
  let admin: Awaited<ReturnType<WatchedBrowser["signIn"]>>;
  let org: { id: string; key: string };
  let agentId: string;
  beforeAll(async () => {
    [gate, agent] = await Promise.all([
      startTestGateway("sqlite", { approval: "changes" }),
      startAgent((_task, response) => response.writeHead(500).end("broken")),
    ]);
    browser = await WatchedBrowser.launch(executablePath!);
    await gate.gateway.start();
    // Who pays, by its name, what it does not have.
    org = await gate.createOrg("paid $999.00 <b>\u202eemca");
    await gate.call("POST", `/orgs/${org.id}/topup`, { amount: 12.5 });
    agentId = (await gate.register({ name: "translator", url: agent.url, description: "It translates." }, org.key)).id;
    await gate.call("POST", `/agents/${agentId}/approve`, { expected: await waiting() });
    for (let n = 0; n < 3; n++) await gate.call("POST", `/agents/${agentId}/task`, textTask("x"), org.key);
    await change(0.2);
    admin = await browser.signIn(gate.url, ADMIN_KEY);
  });
  afterAll(async () => {
    await browser?.close();
    await gate?.close();
    await agent?.close();
  });

  const waiting = async () => (await gate.call("GET", `/agents/${agentId}`)).body.pending?.version;
  const change = (price: number) =>
    gate.call("PUT", `/agents/${agentId}`, { price_per_task: price, description: `It costs ${price}.` }, org.key);
  const served = async () => (await gate.call("GET", `/agents/${agentId}`)).body.price_per_task;

  const open = async (path: string, options: object = {}, signedIn = admin) => {
    const page = await browser.open(gate, path, signedIn, options);
    await page.getByRole("heading", { level: 1 }).waitFor();
    return page;
  };
  /** Goes on by Tab until what has the focus is called so. */
  const tabTo = async (page: Page, name: RegExp) => {
    const focused = "document.activeElement.labels?.[0]?.textContent || document.activeElement.textContent || ''";
    for (let n = 0; n < TABS_MAX; n++) {
      await page.keyboard.press("Tab");
      if (name.test((await page.evaluate(focused)) as string)) return;
    }
    throw new Error(`nothing that is called ${name} takes the focus`);
  };
  const text = (page: Page) => page.locator("main").textContent();

  test("an organization is told who may look in, and led back", async () => {
    const page = await open("/admin/orgs", {}, await browser.signIn(gate.url, org.key));
    expect(await text(page)).toContain("Whoever has the admin key, or a key made from it, may look in here.");
    await page.getByRole("link", { name: "Back to the dashboard" }).click();
    await page.waitForURL("**/dashboard");
    expect(await page.getByRole("navigation").first().textContent()).not.toContain("Admin");
    await page.context().close();
  });

  test("a change is approved by keyboard alone, as it was seen: what waits meanwhile is shown first", async () => {
    const page = await open("/admin");
    await page.keyboard.press("g");
    await page.keyboard.press("p");
    await page.waitForURL("**/admin/approvals");
    // The address is another before the page is.
    await page.getByRole("heading", { level: 1, name: "Approvals" }).waitFor();
    await tabTo(page, /^translator$/);
    await page.keyboard.press("Enter");
    const panel = page.getByRole("complementary", { name: "This agent" });
    await expect.poll(() => panel.textContent()).toContain("It costs 0.2.");
    expect(await panel.textContent()).toContain("It gets dearer: $0.20 in place of Free a task.");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("translator");
    // Its owner changes it while it is read.
    await change(0.9);
    await tabTo(page, /^Approve$/);
    await page.keyboard.press("Enter");
    await expect.poll(() => panel.getByRole("alert").textContent()).toContain("Something else waits than what you");
    expect(await served()).toBe(0);
    await expect.poll(() => panel.textContent()).toContain("It costs 0.9.");
    await page.keyboard.press("Enter");
    await expect.poll(served).toBe(0.9);
    await expect.poll(() => text(page)).toContain("Nothing waits.");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.url()).toBe(`${gate.url}/admin/approvals`);
    await page.context().close();
  });

  test("why calls failed is found by keyboard alone, from the overview to one of them", async () => {
    const page = await open("/admin");
    await tabTo(page, /^3 of 3$/);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/dashboard/logs**");
    await page.getByRole("grid", { name: "Logs" }).waitFor();
    const search = new URL(page.url()).searchParams;
    expect([search.get("agent_id"), search.get("error"), search.get("status")]).toEqual([agentId, "http_500", "error"]);
    await page.getByRole("row").filter({ hasText: "translator" }).first().waitFor();
    const call = page.getByRole("complementary", { name: "This call" });
    await openRowByKeys(page, call);
    await expect.poll(() => call.textContent()).toMatch(/http_500[\s\S]*Nothing was charged/);
    await page.context().close();
  });

  test("an organization is made, its key shown once; deleting says what is written off, and asks for the name", async () => {
    const page = await open("/admin/orgs");
    await page.getByRole("button", { name: "Create an organization" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("paid $999.00 <b>\u202eemca");
    await dialog.getByRole("button", { name: "Create an organization" }).click();
    await expect.poll(() => dialog.textContent()).toMatch(/already|taken/);
    await dialog.getByLabel("Name").fill("fleeting");
    await dialog.getByLabel("Tier").selectOption("pro");
    await dialog.getByRole("button", { name: "Create an organization" }).click();
    await expect.poll(() => dialog.textContent()).toMatch(/ag_org_[\w-]{43}/);
    await dialog.getByRole("link", { name: "Open the organization" }).click();
    await page.getByRole("heading", { level: 1, name: "fleeting" }).waitFor();
    expect(await text(page)).not.toContain("ag_org_");
    const id = new URL(page.url()).pathname.split("/").at(-1) as string;
    await gate.call("POST", `/orgs/${id}/topup`, { amount: 3.000001 });
    await page.getByRole("button", { name: "Delete the organization" }).click();
    await expect.poll(() => dialog.textContent()).toContain("$3.000001 is written off");
    const go = dialog.getByRole("button", { name: "Write off and delete" });
    expect(await go.isDisabled()).toBe(true);
    await dialog.getByLabel("Type fleeting to go on").fill("fleeting");
    await go.click();
    await page.waitForURL("**/admin/orgs");
    await expect.poll(() => text(page)).toContain("1 in all");
    expect((await gate.call("GET", `/orgs/${id}`)).status).toBe(404);
    // What somebody calls himself is text, hides nothing, and is no amount.
    expect(await text(page)).toContain("paid $999.00 <b>⟨U+202E⟩emca");
    expect(await page.getByRole("row").filter({ hasText: "emca" }).textContent()).toContain("$12.50");
    await page.getByRole("searchbox").fill("nobody");
    await expect.poll(() => text(page)).toContain("No organization has a name that begins so");
    await page.context().close();
  });

  test("who was granted an agent, and who pays, has a name beside the id for the admin, and an id for its owner", async () => {
    const guest = await gate.createOrg("guest <b>\u202eeht");
    await gate.call("PUT", `/agents/${agentId}/grants/${guest.id}`, { actions: ["call"] });
    await gate.call("POST", `/orgs/${guest.id}/topup`, { amount: 5 });
    await gate.call("POST", `/agents/${agentId}/task`, textTask("x"), guest.key);
    const page = await open(`/dashboard/agents/${agentId}?tab=settings`);
    const granted = page.getByRole("table", { name: "Grants" });
    const called = `guest <b>⟨U+202E⟩eht ${guest.id.slice(0, 8)}`;
    await granted.getByText(called.slice(0, -9)).waitFor();
    await granted.getByRole("button", { name: `Withdraw ${called}` }).waitFor();
    expect(await granted.textContent()).not.toContain(guest.id);
    await page.goto(`${gate.url}/dashboard/logs?payer_org_id=${guest.id}`);
    await page.getByRole("button", { name: `Payer ${called}` }).waitFor();
    await page.getByRole("button", { name: "Payer", exact: true }).click();
    await page
      .getByRole("dialog", { name: "Choose by payer" })
      .getByRole("button", { name: `Only ${called}` })
      .waitFor();
    await page.context().close();
    const theirs = await open(`/dashboard/agents/${agentId}?tab=settings`, {}, await browser.signIn(gate.url, org.key));
    await theirs.getByRole("table", { name: "Grants" }).getByText(guest.id).waitFor();
    await theirs.context().close();
    await gate.call("DELETE", `/orgs/${guest.id}`);
  });

  test("who changed something is asked for on a telephone too: filters come when they are asked for, nothing is cut", async () => {
    const page = await open("/admin/audit", { viewport: { width: 320, height: 800 } });
    const filters = page.getByRole("button", { name: "Filters" });
    await filters.click();
    const sheet = page.getByRole("dialog", { name: "Filters" });
    await sheet.getByLabel("Organization").waitFor();
    // What says what goes into a field is seen whole.
    const widths = await sheet
      .locator("input")
      .evaluateAll((all: any[]) => all.map((one) => one.scrollWidth - one.clientWidth));
    expect(widths).toEqual(Array.from({ length: 7 }, () => 0));
    await sheet.getByLabel("Organization").fill(org.id);
    await sheet.getByLabel("From").fill("2026-01-02");
    await sheet.getByRole("button", { name: "Show" }).click();
    await sheet.waitFor({ state: "detached" });
    await expect.poll(() => new URL(page.url()).searchParams.get("org_id")).toBe(org.id);
    await page.getByRole("button", { name: "From 2026-01-02" }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get("from")).toBeNull();
    await page.getByRole("button", { name: `Organization ${org.id}` }).waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    await page.context().close();
  });

  test("the ledger is verified from its page, and the audit log says who did all that", async () => {
    const page = await open("/admin/ledger");
    await page.getByRole("button", { name: "Verify now" }).click();
    await expect.poll(() => text(page)).toMatch(/Sound Every one of \d+ rows/);
    const sum = page.getByRole("row").filter({ hasText: "Σ" });
    expect(await sum.textContent()).toMatch(/^Σ\$0\.0+$/);
    await page.goto(`${gate.url}/admin/audit?action=agent.approved`);
    await page.getByRole("link", { name: "agent.approved" }).first().click();
    const entry = page.getByRole("complementary", { name: "This change" });
    await expect.poll(() => entry.textContent()).toMatch(/price_per_task\s*0\s*0\.9/);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "CSV" }).click(),
    ]);
    expect(readFileSync(await download.path(), "utf8")).toContain("agent.approved");
    await page.context().close();
  });

  test.each(["light", "dark"] as const)("no barrier is found, nothing scrolls sideways, %s", async (colorScheme) => {
    const paths = ["", "/orgs", `/orgs/${org.id}`, `/agents?agent=${agentId}`, "/approvals", "/ledger", "/health"];
    const page = await open("/admin", { colorScheme, bypassCSP: true });
    for (const path of [...paths, "/audit", "/settings"]) {
      await page.setViewportSize({ width: 320, height: 800 });
      await page.goto(`${gate.url}/admin${path}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("load");
      await expect.poll(() => page.getByText("Loading", { exact: true }).count()).toBe(0);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), path).toBeLessThanOrEqual(0);
      for (const width of [390, 1440]) {
        await page.setViewportSize({ width, height: 800 });
        expect(await browser.barriers(page), `/admin${path} at ${width}`).toEqual([]);
      }
    }
    await page.context().close();
  });

  test("no page complained, and none asked elsewhere", () => {
    // That something else waits is said by the browser as well.
    expect(browser.complaints.filter((complaint) => !complaint.includes("409"))).toEqual([]);
  });
});
