import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type RawAgent, rpcResult, startRawAgent } from "../../a2a/testing/raw-agent.ts";
import { answer, aTool, serving, startScriptedServer } from "../../mcp-servers/testing/scripted-server.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../../testing/index.ts";
import { Browser as Session } from "../testing/browser.ts";

const executablePath = inject("chromiumPath");
const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** What an agent's owner, its reviewers and the agent itself may write to harm whoever reads it. */
const SCRIPT = "<img src=x onerror=alert(1)><script>alert(1)</script>";
const BIDI = "gnp\u202eexe.\u2066\u200b";
const LONG = "W".repeat(10_000);

describe.skipIf(!executablePath)("agents and tasks in a browser", () => {
  let gate: TestGateway;
  let agent: TestAgent;
  let speaker: RawAgent;
  let browser: Browser;
  let seller: { id: string; key: string };
  let signedIn: Awaited<ReturnType<BrowserContext["storageState"]>>;
  let sold: string;
  let theirs: string;
  let spoken: string;
  /** What the speaker's card says of it. */
  let description = "Answers what a test says, byte for byte";
  /** What the pages complained of, or asked elsewhere. */
  const complaints: string[] = [];

  beforeAll(async () => {
    [gate, agent] = await Promise.all([startTestGateway("sqlite"), startAgent()]);
    speaker = await startRawAgent(
      ({ body, path, method }, response) => {
        const status = { state: "TASK_STATE_COMPLETED", timestamp: "2026-11-30T12:00:00Z" };
        const task = {
          ...{ id: `${SCRIPT}${BIDI}`.slice(0, 200), contextId: `ctx ${BIDI}`, status },
          artifacts: [{ artifactId: "a", name: SCRIPT + LONG, parts: [{ text: `${SCRIPT} ${BIDI} ${LONG}` }] }],
          history: [{ messageId: "h", role: "ROLE_USER", parts: [{ text: SCRIPT }] }],
        };
        response.setHeader("content-type", "application/json");
        const isGet = body?.method === "GetTask" || (method === "GET" && path.includes("/tasks"));
        response.end(rpcResult(body?.id, JSON.stringify(isGet ? task : { task })));
      },
      (url) => ({
        name: `speaker ${SCRIPT}`,
        description: `${description} ${SCRIPT}`,
        version: "1.0.0",
        supportedInterfaces: [{ url, protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
        capabilities: { streaming: false },
        defaultInputModes: ["text/plain"],
        defaultOutputModes: ["text/plain"],
        skills: [{ id: "s", name: BIDI, description: LONG, tags: [SCRIPT] }],
      }),
    );
    await gate.gateway.start();
    seller = await gate.createOrg("Seller");
    await gate.call("POST", `/orgs/${seller.id}/topup`, { amount: 1 });
    sold = (
      await gate.register({ name: "sold", url: agent.url, protocol: "plain", price_per_task: 0.0015 }, seller.key)
    ).id;
    spoken = (await gate.register({ card_url: `${speaker.url}/.well-known/agent-card.json` }, seller.key)).id;
    await gate.register(
      { name: `evil ${SCRIPT} ${BIDI}`, url: agent.url, description: LONG, version: BIDI },
      seller.key,
    );
    const rich = await gate.createOrg("Rich");
    theirs = (await gate.register({ name: "theirs", url: agent.url, protocol: "plain", price_per_task: 0.4 }, rich.key))
      .id;
    await gate.call("POST", `/agents/${sold}/task`, textTask("x"), seller.key);
    await gate.call("POST", `/agents/${sold}/reviews`, { rating: 1, comment: `${SCRIPT}\n${BIDI}` }, seller.key);
    const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "hi" }] };
    await gate.call("POST", `/agents/${spoken}/message:send`, { message }, seller.key);
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    const { cookie } = await new Session(gate).signIn(seller.key);
    const [name = "", value = ""] = cookie!.split(/=(.*)/s);
    const { hostname } = new URL(gate.url);
    const kept = { name, value, domain: hostname, path: "/", expires: -1, httpOnly: true, secure: false };
    signedIn = { cookies: [{ ...kept, sameSite: "Lax" }], origins: [] };
  });
  afterAll(async () => {
    await browser?.close();
    await gate?.close();
    await Promise.all([agent?.close(), speaker?.close()]);
  });

  const open = async (path: string, options: Parameters<Browser["newContext"]>[0] = {}) => {
    const context = await browser.newContext({ storageState: signedIn, ...options });
    const page = await context.newPage();
    page.on("console", (said) => {
      // Refusals that are asked for.
      const isRefusal =
        /status of 40[029]/.test(said.text()) && /preview$|task\/stream$|refresh\?digest/.test(said.location().url);
      if (said.type() === "error" && !isRefusal) complaints.push(`${path}: ${said.text()}`);
    });
    page.on("pageerror", (error) => complaints.push(`${path}: ${error.message}`));
    page.on("dialog", (dialog) => complaints.push(`${path}: said ${dialog.message()}`));
    page.on("request", (request) => request.url().startsWith(gate.url) || complaints.push(`asked ${request.url()}`));
    await page.goto(gate.url + path);
    return page;
  };
  const main = (page: Page) => page.locator("main");
  const keysLeft = async () =>
    (await gate.call("GET", `/orgs/${seller.id}/keys`, undefined, seller.key)).body.entries.filter(
      ({ name }: { name: string }) => name === "Try it",
    );

  test("an agent is registered by its address: looked at, offered, its secret shown once, called, and found in the log", async () => {
    const page = await open("/dashboard/agents");
    await page.getByRole("link", { name: "Register an agent" }).click();
    await page.getByLabel("Address").fill("http://127.0.0.1:1/");
    await page.getByRole("button", { name: "Look" }).click();
    await expect.poll(() => page.getByRole("alert").textContent()).toMatch(/port 1 belongs to another protocol/);
    await page.getByLabel("Address").fill(agent.url);
    await page.getByRole("button", { name: "Look" }).click();
    await expect.poll(() => main(page).textContent()).toContain("It has no agent card");
    expect((await gate.call("GET", `/orgs/${seller.id}/agents`, undefined, seller.key)).body).toHaveLength(3);
    await page.getByLabel("Name").fill("fresh");
    await page.getByLabel("Price of a task, in dollars").fill("0.01");
    await page.getByLabel("Webhook").fill("http://127.0.0.1:8999/hook");
    await page.getByRole("button", { name: "Register" }).click();
    await expect.poll(() => main(page).textContent()).toContain("fresh is registered.");
    expect(await main(page).textContent()).toMatch(/whsec_/);
    await expect.poll(() => main(page).textContent()).toContain("a run costs the fee alone, about $0.0003");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await expect.poll(() => main(page).textContent()).toContain("Cost$0.0003");
    expect(await page.getByRole("region", { name: "Answer" }).textContent()).toContain("Echo: Hello! What can you do?");
    await page.getByRole("link", { name: "This call in the log" }).click();
    await page.waitForURL("**/dashboard/logs?log=*");
    // The page is left, and so is its key.
    await expect.poll(keysLeft).toEqual([]);
    await page.context().close();
  });

  test("who tries an agent knows the price before, and which amount is missing; the key is for it alone", async () => {
    const page = await open(`/dashboard/agents/${theirs}`);
    await expect.poll(() => main(page).textContent()).toContain("Available: $0.99");
    const task = page.getByLabel("Task", { exact: true });
    await task.fill("Hello");
    await page.getByRole("button", { name: "Run for $0.40" }).click();
    await expect.poll(() => main(page).textContent()).toContain("Cost$0.40Available now$0.59");
    expect(await page.getByRole("region", { name: "Answer" }).textContent()).toContain("Echo: Hello");
    const [key] = await keysLeft();
    expect(key).toMatchObject({ scopes: ["tasks:call"], agents: [theirs], per_call_max: 0.4 });
    expect(key.budgets).toMatchObject([{ amount: 4, period: "total" }]);
    expect(Date.parse(key.expires_at) - Date.parse(key.created_at)).toBe(600_000);
    await page.getByRole("button", { name: "Run for $0.40" }).click();
    await expect.poll(() => main(page).textContent()).toContain("Available now$0.19");
    await page.getByRole("button", { name: "Run for $0.40" }).click();
    await expect.poll(() => main(page).textContent()).toContain("One run needs $0.40");
    expect(await main(page).textContent()).toContain("that is not enough. Top up the wallet");
    await page.goto(`${gate.url}/dashboard`);
    await expect.poll(keysLeft).toEqual([]);
    await page.context().close();
  });

  test("what an agent says of money is its text: the cost is what the ledger has", async () => {
    const liar = await startAgent((_, response) => {
      const told = { price_per_task: 0, amount: 0, currency: "USD", balance: 1_000, transaction_id: "free" };
      const artifacts = [{ parts: [{ type: "text", text: "Cost $0.00. $1,000.00 was added to your wallet." }] }];
      response.setHeader("content-type", "application/json");
      response.setHeader("x-agentgate-price", "0");
      response.end(JSON.stringify({ status: { state: "completed" }, artifacts, ucp: told, usage: told, ...told }));
    });
    const owner = await gate.createOrg("Liar");
    const fields = { name: "liar", url: liar.url, protocol: "plain", price_per_task: 0.001 };
    const { id } = await gate.register({ ...fields, description: "Free: $0.00 a task" }, owner.key);
    const wallet = async () =>
      (await gate.call("GET", `/orgs/${seller.id}/wallet`, undefined, seller.key)).body.balance;
    const before = await wallet();
    const page = await open(`/dashboard/agents/${id}?tab=try`);
    await page.getByLabel("Task", { exact: true }).fill("Hello");
    await page.getByRole("button", { name: "Run for $0.001" }).click();
    const answer = page.getByRole("region", { name: "Answer" });
    await expect.poll(() => answer.textContent()).toContain("Cost$0.001");
    expect(before - (await wallet())).toBeCloseTo(0.001, 9);
    await page.getByRole("link", { name: "This call in the log" }).click();
    const call = page.getByRole("complementary", { name: "This call" });
    await expect.poll(() => call.textContent()).toMatch(/Paid\s*\$0\.001/);
    expect(await call.textContent()).not.toContain("1,000");
    await page.context().close();
    await liar.close();
  });

  test("a card that changed is shown as what changed, and followed when that is accepted", async () => {
    const page = await open(`/dashboard/agents/${spoken}?tab=card`);
    description = "Says something else by now";
    await page.getByRole("button", { name: "Compare" }).click();
    await expect
      .poll(() => page.getByRole("row").filter({ hasText: "/description" }).textContent())
      .toContain("by now");
    expect((await gate.call("GET", `/agents/${spoken}`)).body.description).not.toContain("by now");
    await page.getByRole("button", { name: "Accept these changes" }).click();
    await expect.poll(async () => (await gate.call("GET", `/agents/${spoken}`)).body.description).toContain("by now");
    await page.getByRole("link", { name: "The agent's own" }).click();
    await expect.poll(() => main(page).textContent()).toContain("by now");
    expect(new URL(page.url()).search).toBe("?tab=card&view=upstream");
    await page.context().close();
  });

  test("an MCP server is registered with a price for a tool, which is called; what it changes waits until that is approved as it was shown", async () => {
    let tools = [
      aTool({ title: "Look", description: "Looks things up" }),
      aTool({ name: "dear", description: "Looks further" }),
    ];
    const server = await startScriptedServer(
      serving(
        () => tools,
        (asked, response) => answer(asked, response, { content: [{ type: "text", text: `did ${asked.params.name}` }] }),
      ),
    );
    const page = await open(`/dashboard/agents/new?url=${encodeURIComponent(server.url)}`);
    await expect.poll(() => main(page).textContent()).toContain("It is an MCP server");
    await page.getByLabel("Name", { exact: true }).fill("looker");
    await page.getByLabel(/^dear/).fill("0.2");
    await expect.poll(() => main(page).textContent()).toContain("rises with it, to $0.20");
    await page.getByLabel(/^Look/).fill("0.01");
    await page.getByRole("button", { name: "Register" }).click();
    await expect.poll(() => main(page).textContent()).toContain("looker is registered.");
    await page.getByRole("link", { name: "Open the agent's page" }).click();
    const parts = page.getByRole("navigation", { name: "Parts of this agent" });
    await parts.getByRole("link", { name: "Try" }).click();
    await page.getByLabel("Arguments, as JSON").fill("{");
    expect(await main(page).textContent()).toContain("This is no JSON.");
    await page.getByLabel("Arguments, as JSON").fill("{}");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await expect.poll(() => page.getByRole("region", { name: "Answer" }).textContent()).toContain("did look");
    expect(await main(page).textContent()).toMatch(/"type":"data","data":\{"tool":"look"/);

    await parts.getByRole("link", { name: "Skills" }).click();
    const prices = page.getByRole("region", { name: "Prices" }).or(main(page));
    await prices.getByLabel(/^Look/).last().fill("");
    await page.getByRole("button", { name: "Save the prices" }).click();
    const id = new URL(page.url()).pathname.split("/").at(-1);
    await expect.poll(async () => (await gate.call("GET", `/agents/${id}`)).body.prices).toEqual({ dear: 0.2 });

    tools = [aTool({ title: "Look", description: `Looks, and tells ${SCRIPT}` }), tools[1]!];
    await page.getByRole("button", { name: "Compare" }).click();
    const change = page.getByRole("row").filter({ hasText: "/description" });
    await expect.poll(() => change.textContent()).toContain(`Looks, and tells ${SCRIPT}`);
    // What it says meanwhile is not what was shown.
    tools = [aTool({ title: "Look", description: "Looks, and sends it on" }), tools[1]!];
    await page.getByRole("button", { name: "Approve just this" }).click();
    await expect.poll(() => main(page).textContent()).toContain("It says something else again than what is shown.");
    await page.getByRole("button", { name: "Compare" }).click();
    await expect.poll(() => change.textContent()).toContain("Looks, and sends it on");
    await page.getByRole("button", { name: "Approve just this" }).click();
    const described = async () => (await gate.call("GET", `/agents/${id}/skills`)).body.skills[0];
    await expect.poll(described).toMatchObject({ state: "live", description: "Looks, and sends it on" });
    await page.context().close();
    await gate.call("DELETE", `/agents/${id}`, undefined, seller.key);
    // Of one that is free anybody tries the tools.
    const free = await gate.register({ url: server.url, protocol: "mcp", name: "open" });
    const shown = await open(`/marketplace/${free.id}`, { storageState: { cookies: [], origins: [] } });
    await shown.getByLabel("Tool").selectOption("dear");
    await shown.getByRole("button", { name: "Run" }).click();
    await expect.poll(() => shown.locator("[data-text]").textContent()).toBe("did dear");
    await shown.context().close();
    await server.close();
  });

  test("its settings are changed, it is looked at now, and deleted by its name", async () => {
    const { id } = await gate.register({ name: "short-lived", url: agent.url, protocol: "plain" }, seller.key);
    const page = await open(`/dashboard/agents/${id}?tab=health`);
    await page.getByRole("button", { name: "Check now" }).click();
    await expect.poll(() => page.getByRole("status").first().textContent()).toContain("Answers");
    await page.getByRole("navigation", { name: "Parts of this agent" }).getByRole("link", { name: "Settings" }).click();
    await page.getByLabel("Price of a task, in dollars", { exact: true }).fill("0.25");
    await page.getByRole("button", { name: "Save" }).click();
    await expect.poll(async () => (await gate.call("GET", `/agents/${id}`)).body.price_per_task).toBe(0.25);
    await page.getByRole("radio", { name: "Your organization alone" }).click();
    await expect.poll(async () => (await gate.call("GET", `/agents/${id}`)).body.visibility).toBe("org");
    await page.getByRole("button", { name: "Delete this agent" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.getByRole("button", { name: "Delete this agent" }).isDisabled()).toBe(true);
    await dialog.getByLabel("Type short-lived to go on").fill("short-lived");
    await dialog.getByRole("button", { name: "Delete this agent" }).click();
    await page.waitForURL("**/dashboard/agents");
    expect((await gate.call("GET", `/agents/${id}`)).status).toBe(404);
    await page.context().close();
  });

  test("tasks stand by their contexts; what is in one its agent is asked for", async () => {
    const page = await open("/dashboard/tasks?role=payer");
    // Whose they are is said by name, as far as one may know it.
    await expect.poll(() => page.getByRole("row").filter({ hasText: "Completed" }).textContent()).toContain("Seller");
    await page.getByRole("link", { name: /^<img src=x/ }).click();
    const aside = page.getByRole("complementary", { name: "This task" });
    await aside.getByRole("button", { name: "Ask the agent" }).click();
    await expect.poll(() => aside.textContent()).toContain("It says now: Completed");
    expect(await aside.textContent()).toContain(`${SCRIPT} gnp⟨U+202E⟩exe.⟨U+2066⟩⟨U+200B⟩ WWW`);
    expect(new URL(page.url()).searchParams.get("of")).toBe(spoken);
    await page.getByLabel("State").selectOption("Failed");
    await expect.poll(() => main(page).textContent()).toContain("No task is like that.");
    await page.context().close();
  });

  test("what others wrote is text, hides nothing, and moves nothing", async () => {
    const parts = ["", "card", "reviews", "settings", "earnings", "webhook"].map((tab) => `?tab=${tab}`);
    const preview = `/dashboard/agents/new?url=${encodeURIComponent(speaker.url)}`;
    const paths = ["/dashboard/agents", "/dashboard/tasks", preview, `/dashboard/agents/${sold}?tab=reviews`];
    const page = await open(paths[0]!, { viewport: { width: 320, height: 800 } });
    for (const path of [...paths, ...parts.map((part) => `/dashboard/agents/${spoken}${part}`)]) {
      await page.goto(gate.url + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("networkidle");
      expect(await page.locator("main img, main script").count(), path).toBe(0);
      // Of a field that is edited its text is what it is.
      expect((await main(page).textContent()) ?? "", path).not.toMatch(/[\u202e\u2066\u200b]/);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), path).toBeLessThanOrEqual(0);
    }
    await page.context().close();
  });

  test("what an agent says of itself in markdown is marked up on its card as on its public page", async () => {
    const links = "[your bank](https://evil.example/a) [x](javascript:alert(1)) ![a map](https://a.example/m.png)";
    const list = "3. **three**\n   - *deep* `code`\n\n     more\n4. four";
    const description = `# Big\n\nOne\ntwo ${SCRIPT} ${BIDI}\n\n${links}\n\n${list}\n\n\`\`\`\n<b>\n\`\`\`\n\n| a |\n|---|\n| b |`;
    const fields = { name: "marked", url: agent.url, protocol: "plain", description };
    const { id } = await gate.register(fields, seller.key);
    const page = await open(`/marketplace/${id}`);
    const told = page.locator("main .told");
    const markup = () => told.evaluate(({ innerHTML }: any) => innerHTML.replace(/>\n</g, "><"));
    const onPublic = await markup();
    expect(onPublic).toContain("<h3>Big</h3>");
    expect(onPublic).toContain('<ol start="3">');
    expect(onPublic).toContain(
      '<a href="https://evil.example/a" rel="nofollow ugc noopener">your bank</a> (evil.example)',
    );
    await page.goto(`${gate.url}/dashboard/agents/${id}?tab=card`);
    await told.waitFor();
    expect(await markup()).toBe(onPublic);
    await page.context().close();
    await gate.call("DELETE", `/agents/${id}`, undefined, seller.key);
  });

  test.each([
    ["light", 390],
    ["dark", 1440],
  ] as const)("no barrier is found, %s at %s", async (colorScheme, width) => {
    const parts = ["traffic", "card", "try", "health", "earnings", "reviews", "webhook", "settings"];
    const paths = [
      "/dashboard/agents",
      `/dashboard/agents/new?url=${encodeURIComponent(speaker.url)}`,
      "/dashboard/tasks?role=payer",
      ...(width === 390 ? parts : ["try", "settings"]).map((part) => `/dashboard/agents/${sold}?tab=${part}`),
    ];
    const page = await open(paths[0]!, { colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
    for (const path of paths) {
      await page.goto(gate.url + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("networkidle");
      await page.evaluate(axe);
      const found = (await page.evaluate("axe.run().then(({ violations }) => violations)")) as any[];
      const told = found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }: any) => html).join("; ")}`);
      expect(told, path).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), path).toBeLessThanOrEqual(0);
    }
    await page.context().close();
  });

  test("no page complained, none said anything, and none asked elsewhere", () => expect(complaints).toEqual([]));
});
