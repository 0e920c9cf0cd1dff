import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../../testing/index.ts";
import { openRowByKeys, WatchedBrowser } from "../testing/watched-browser.ts";

const executablePath = inject("chromiumPath");

/** The way to a gateway, which can be cut, and led to another node. */
async function startWay(to: string) {
  let port = Number(new URL(to).port);
  let isCut = false;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    if (isCut) {
      socket.destroy();
      return;
    }
    const onward = connect(port, "127.0.0.1");
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(one);
      one.on("error", () => {});
      one.on("close", () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend(node: string) {
      port = Number(new URL(node).port);
      isCut = false;
    },
    close: () => server.close(),
  };
}

describe.skipIf(!executablePath)("the log in a browser", () => {
  let gate: TestGateway;
  let agent: TestAgent;
  let browser: WatchedBrowser;
  let signedIn: Awaited<ReturnType<WatchedBrowser["signIn"]>>;
  let org: { id: string; key: string };
  let greeter: string;
  let priced: string;
  beforeAll(async () => {
    [gate, agent] = await Promise.all([
      startTestGateway("sqlite", { topup: "open" }),
      startAgent(({ body }, response) => {
        response.writeHead(body.includes("fail") ? 500 : 200, { "content-type": "application/json" });
        response.end(JSON.stringify({ status: { state: "completed" }, artifacts: [] }));
      }),
    ]);
    browser = await WatchedBrowser.launch(executablePath!);
    await gate.gateway.start();
    org = await gate.createOrg("acme");
    greeter = (await gate.register({ name: "greeter <b>bold</b> \u202eevil", url: agent.url }, org.key)).id;
    priced = (await gate.register({ name: "priced", url: agent.url, price_per_task: 0.0015 }, org.key)).id;
    await gate.call("POST", `/orgs/${org.id}/topup`, { amount: 10 }, org.key);
    await call(greeter, "hello");
    await call(greeter, "fail");
    await call(priced, "paid", org.key);
    signedIn = await browser.signIn(gate.url, org.key);
  });
  afterAll(async () => {
    await browser?.close();
    await gate?.close();
    await agent?.close();
  });

  const call = (id: string, text: string, key: string | null = null, at: TestGateway = gate) =>
    at.call("POST", `/agents/${id}/task`, textTask(text), key);
  const open = (path = "/dashboard/logs", options: object = {}) => browser.open(gate, path, signedIn, options);
  const rows = (page: Page) => page.locator("table.log tbody tr");
  const live = (page: Page) => expect.poll(() => page.getByRole("status").first().textContent()).toBe("Live");

  test("calls stand there as they come, in two tabs by one connection, and wait while one reads", async () => {
    const page = await open();
    let connections = 0;
    page.context().on("request", (request) => {
      if (request.url().includes("/events?")) connections++;
    });
    await live(page);
    await expect.poll(() => rows(page).count()).toBe(3);
    const other = await browser.tab(page.context(), gate, "/dashboard/logs?status=error");
    await live(other);
    await expect.poll(() => rows(other).count()).toBe(1);
    const before = connections;
    await call(greeter, "fail");
    await Promise.all([expect.poll(() => rows(page).count()).toBe(4), expect.poll(() => rows(other).count()).toBe(2)]);
    // What the other tab does not ask for it is not shown, though both are told by one connection, which was only asked anew.
    await call(greeter, "hello");
    await expect.poll(() => rows(page).count()).toBe(5);
    expect(await rows(other).count()).toBe(2);
    expect(connections).toBe(before);
    await other.close();
    await rows(page)
      .nth(1)
      .click({ position: { x: 20, y: 10 } });
    await page.getByRole("complementary", { name: "This call" }).waitFor();
    await call(priced, "while one reads", org.key);
    await page.getByRole("button", { name: "1 new" }).waitFor();
    expect(await rows(page).count()).toBe(5);
    await page.keyboard.press("Escape");
    await expect.poll(() => rows(page).count()).toBe(6);
    await expect.poll(() => rows(page).first().textContent()).toContain("$0.0015");
    await page.context().close();
  });

  test("a call is looked into: its time, its money, its address; what agents are called is text", async () => {
    const page = await open();
    const row = rows(page).filter({ hasText: "priced" }).first();
    await row.click({ position: { x: 20, y: 10 } });
    const aside = page.getByRole("complementary", { name: "This call" });
    await expect.poll(() => aside.textContent()).toContain("To the owner");
    expect(await aside.textContent()).toContain("Agent at work");
    expect(new URL(page.url()).searchParams.get("log")).toMatch(/^[0-9a-f-]{36}$/);
    await rows(page)
      .filter({ hasText: "greeter" })
      .first()
      .click({ position: { x: 20, y: 10 } });
    await expect.poll(() => aside.textContent()).toContain("Nothing was charged.");
    expect(await aside.textContent()).toContain("greeter <b>bold</b> ⟨U+202E⟩evil");
    await page.context().close();
  });

  test("a value narrows the log when it is clicked, and with Shift leaves out what has it", async () => {
    const page = await open();
    await rows(page)
      .getByRole("button", { name: "http_500" })
      .first()
      .click({ modifiers: ["Shift"] });
    await expect.poll(() => rows(page).filter({ hasText: "http_500" }).count()).toBe(0);
    expect(new URL(page.url()).search).toBe("?not_error=http_500");
    await page.getByRole("button", { name: "Failure not http_500" }).click();
    await page.getByRole("button", { name: "Agent", exact: true }).click();
    await page.getByRole("button", { name: "Only priced" }).click();
    await expect.poll(() => rows(page).filter({ hasText: "greeter" }).count()).toBe(0);
    expect(new URL(page.url()).searchParams.get("agent_id")).toBe(priced);
    await page.keyboard.press("Escape");
    await page.getByText("Failed", { exact: true }).first().click();
    await expect.poll(() => page.locator("main").textContent()).toContain("No call in this time has all of that.");
    await page.getByRole("button", { name: "Clear the filters" }).click();
    await expect.poll(() => rows(page).count()).toBeGreaterThan(3);
    await page.context().close();
  });

  test("all of it by keyboard, and no letter is a key for who has turned that off", async () => {
    const page = await open("/dashboard", { timezoneId: "UTC" });
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("l");
    await live(page);
    await rows(page).first().waitFor();
    const aside = page.getByRole("complementary", { name: "This call" });
    await openRowByKeys(page, aside);
    const first = new URL(page.url()).searchParams.get("log");
    await page.keyboard.press("j");
    await expect.poll(() => new URL(page.url()).searchParams.get("log")).not.toBe(first);
    await page.keyboard.press("Escape");
    await expect.poll(() => aside.count()).toBe(0);
    await page.keyboard.press("t");
    await expect.poll(() => page.getByRole("status").first().textContent()).toMatch(/^As of \d\d:\d\d:\d\d$/);
    await page.keyboard.press("?");
    await page.getByRole("checkbox", { name: "Single letters are keys" }).uncheck();
    await page.keyboard.press("Escape");
    await page.keyboard.press("t");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Go to" }).fill("agen");
    await expect.poll(() => page.getByRole("listbox").getByRole("option").first().textContent()).toContain("Agents");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/dashboard/agents");
    expect(new URL(page.url()).search).not.toContain("log=");
    await page.context().close();
  });

  test("after a cut, and at another node, it goes on where it was, each call once", async () => {
    const way = await startWay(gate.url);
    const node = await gate.another();
    await node.gateway.start();
    const state = await browser.signIn(way.url, org.key);
    const page = await browser.open(way, "/dashboard/logs", state);
    await live(page);
    await rows(page).first().waitFor();
    const before = await rows(page).count();
    await call(greeter, "before");
    await expect.poll(() => rows(page).count()).toBe(before + 1);
    way.cut();
    await expect.poll(() => page.getByRole("status").first().textContent()).toMatch(/^As of/);
    await call(greeter, "meanwhile");
    await call(greeter, "meanwhile", null, node);
    way.mend(node.url);
    await live(page);
    await expect.poll(() => rows(page).count()).toBe(before + 3);
    await call(greeter, "after", null, node);
    await expect.poll(() => rows(page).count()).toBe(before + 4);
    // That nobody answered is what the browser told of.
    browser.complaints.splice(0);
    await page.context().close();
    way.close();
  });

  test("what could not be told is read back to where one was, however much it is", async () => {
    const way = await startWay(gate.url);
    const page = await browser.open(way, "/dashboard/logs", await browser.signIn(way.url, org.key));
    await live(page);
    await rows(page).first().waitFor();
    const count = () => page.evaluate("document.querySelector('table.log tbody').offsetHeight / 32") as Promise<number>;
    const before = await count();
    way.cut();
    await expect.poll(() => page.getByRole("status").first().textContent()).toMatch(/^As of/);
    // More than a page of what one looks for first. Calls beyond the agent's pace leave no row.
    let missed = 0;
    while (missed < 110) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => call(greeter, "missed")));
      missed += answers.filter(({ status }) => status === 200).length;
    }
    // The gateway forgets where this reader was.
    let [isMended, isTold] = [false, false];
    await page.route("**/events?*", async (route) => {
      if (!isMended) return route.abort();
      const { "last-event-id": _, ...headers } = await route.request().allHeaders();
      if (isTold) return route.continue({ headers });
      isTold = true;
      return route.fulfill({
        headers: { "content-type": "text/event-stream" },
        body: `event: ready\ndata: {}\n\nevent: gap\ndata: {"missed":${missed}}\n\n`,
      });
    });
    way.mend(gate.url);
    isMended = true;
    await expect.poll(count).toBe(before + missed);
    browser.complaints.splice(0);
    await page.context().close();
    way.close();
  });

  test("the newest call stands first, also where what came was told before the log was read", async () => {
    const page = await open("/dashboard", { timezoneId: "UTC" });
    let isFirst = true;
    await page.route("**/logs?*", async (route) => {
      const isHeld = isFirst;
      isFirst = false;
      const response = await route.fetch();
      if (isHeld) await live(page);
      await route.fulfill({ response });
    });
    await page.getByRole("link", { name: "Logs", exact: true }).first().click();
    await live(page);
    const times = async () => (await rows(page).locator("time").allTextContents()).slice(0, 20);
    await expect.poll(async () => (await times()).length).toBe(20);
    const { entries } = (await gate.call("GET", "/logs?limit=20", undefined, org.key)).body;
    const clocks = entries.map(({ created_at }: { created_at: string }) => created_at.slice(11, 19));
    await expect.poll(async () => (await times()).map((time) => time.slice(-12, -4))).toEqual(clocks);
    await page.context().close();
  });

  test.each([
    ["light", 1440],
    ["dark", 390],
  ] as const)("no barrier is found, nothing scrolls sideways, %s at %i", async (colorScheme, width) => {
    const page = await open("/dashboard/logs", { colorScheme, viewport: { width, height: 800 }, bypassCSP: true });
    await rows(page).first().waitFor();
    await live(page);
    expect(await browser.barriers(page)).toEqual([]);
    await rows(page).first().locator(".log-took").click();
    await page.getByText("Nothing was charged.").or(page.getByText("To the owner")).first().waitFor();
    expect(await browser.barriers(page)).toEqual([]);
    await page.context().close();
  });

  test("no page complained, and none asked elsewhere", () => expect(browser.complaints).toEqual([]));
});
