import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../../testing/index.ts";

const executablePath = inject("chromiumPath");
const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
/** Whatever an owner may write: markup, directions, zero width, amounts that are none, and more than there is room for. */
const HOSTILE = `<img src=x onerror="document.title='owned'"> \u202e00.0$ eerF\u200b **$0.00** [$1,000.00](javascript:alert(1)) </script><script>document.title='owned'</script>`;

describe.skipIf(!executablePath)("public pages in a browser", () => {
  let gate: TestGateway;
  let agent: TestAgent;
  let browser: Browser;
  let free: string;
  let hostile: string;
  const complaints: string[] = [];
  beforeAll(async () => {
    [gate, agent] = await Promise.all([startTestGateway("sqlite"), startAgent()]);
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    await gate.gateway.start();
    free = (await gate.register({ name: "helpful", url: agent.url, description: "## Helps\n\n- **always**" })).id;
    const words = {
      description: `${HOSTILE}\n\n`.padEnd(10_000, "w"),
      tags: [HOSTILE.slice(0, 60)],
      price_per_task: 0.25,
    };
    const skills = [{ id: HOSTILE, name: HOSTILE, description: HOSTILE }];
    hostile = (await gate.register({ name: HOSTILE.slice(0, 255), url: agent.url, skills, ...words })).id;
  });
  afterAll(async () => {
    await browser?.close();
    await gate?.close();
    await agent?.close();
  });

  const open = async (path: string, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && complaints.push(`${path}: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(`${path}: ${error.message}`));
    page.on("request", (request) => request.url().startsWith(gate.url) || complaints.push(`asked ${request.url()}`));
    await page.goto(gate.url + path);
    return page;
  };

  test("a free agent is tried from its page: the cost before, the answer as it comes", async () => {
    const page = await open(`/marketplace/${free}`);
    const form = page.locator("form[data-try]");
    expect(await form.textContent()).toContain("Cost: Free.");
    await page.getByLabel("Message").fill("Is \u202eanybody there?");
    await page.getByRole("button", { name: "Run" }).click();
    await expect.poll(() => form.getByRole("status").textContent()).toBe("Completed. Nobody was charged.");
    expect(await form.locator("[data-text]").textContent()).toBe("Echo: Is ⟨U+202E⟩anybody there?");
    expect(await form.locator("[data-time]").textContent()).toMatch(/^[\d.]+\sm?s in this browser$/);
    await page.context().close();
  });

  test("nothing moves when the scripts come; without any there is nothing that takes one", async () => {
    for (const path of ["/", `/marketplace/${free}`]) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      // What came first is drawn long before what is asked by it.
      let isDrawn = () => {};
      const drawn = new Promise<void>((resolve) => {
        isDrawn = resolve;
      });
      await page.route("**/*.js", async (route) => {
        await drawn;
        await route.continue();
      });
      await page.goto(gate.url + path, { waitUntil: "commit" });
      await page.getByRole("button", { name: "Run" }).waitFor();
      await page.evaluate("document.fonts.ready");
      const places = () =>
        page.evaluate(
          `[...document.querySelectorAll("main h1, main h2, main section")].map((one) => one.getBoundingClientRect().top)`,
        );
      const before = await places();
      isDrawn();
      await page.waitForLoadState("load");
      await expect
        .poll(() =>
          page.evaluate("performance.getEntriesByType('resource').some(({ name }) => /public.*[.]js/.test(name))"),
        )
        .toBe(true);
      expect(await places(), path).toEqual(before);
      await context.close();
      const plain = await open(path, { javaScriptEnabled: false });
      expect(await plain.getByRole("button", { name: "Run" }).count(), path).toBe(0);
      await plain.context().close();
    }
  });

  test("of one that costs something the page says what key it takes, and asks for none", async () => {
    const page = await open(`/marketplace/${hostile}`);
    const text = await page.locator("#try").textContent();
    expect(text).toContain("A completed task costs $0.25, so it takes the key of an organization with that much");
    expect(await page.locator("#try input, #try textarea").count()).toBe(0);
    await page.context().close();
  });

  test("filters are links, and each way back is one", async () => {
    const page = await open("/marketplace", { javaScriptEnabled: false });
    const filters = page.getByRole("navigation", { name: "Filters" });
    await filters.getByRole("link", { name: "Free" }).click();
    expect(new URL(page.url()).search).toBe("?price_max=0");
    expect(await page.getByRole("status").textContent()).toBe("1 agent");
    await page.getByRole("list", { name: "Chosen" }).getByRole("link", { name: "free" }).click();
    expect(await page.getByRole("status").textContent()).toBe("2 agents");
    await page.context().close();
  });

  test("what an owner wrote is text on every page, hides nothing, and needs no more room than there is", async () => {
    for (const path of ["/", "/marketplace", `/marketplace/${hostile}`, `/marketplace/${hostile}/x/card`, "/status"]) {
      const page = await open(path, { viewport: { width: 320, height: 700 }, forcedColors: "active" });
      expect(await page.title(), path).not.toBe("owned");
      expect(await page.locator("main img, main script").count(), path).toBe(0);
      const hrefs = "[...document.querySelectorAll('main a')].map((a) => a.getAttribute('href'))";
      const links = (await page.evaluate(hrefs)) as string[];
      expect(links.filter((href) => !/^(?:[/#]|https?:)/.test(href))).toEqual([]);
      expect(await page.locator("main").textContent(), path).not.toMatch(/[\u202e\u200b]/);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), path).toBeLessThanOrEqual(0);
      await page.context().close();
    }
  });

  test.each(["light", "dark"] as const)("no barrier is found, nothing scrolls sideways, %s", async (colorScheme) => {
    const paths = ["/marketplace", `/marketplace/${free}`, `/marketplace/${hostile}/x/card`, "/status", "/guide"];
    const all = colorScheme === "light" ? [...paths, "/guide/stats", "/guide?q=wallet"] : [paths[1]!, "/guide/stats"];
    for (const path of all) {
      for (const width of path.includes("guide") ? [390] : [390, 1440]) {
        const page = await open(path, { colorScheme, viewport: { width, height: 800 }, bypassCSP: true });
        await page.evaluate(axe);
        const found = (await page.evaluate("axe.run().then(({ violations }) => violations)")) as any[];
        const told = found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }: any) => html).join("; ")}`);
        expect(told, `${path} at ${width}`).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), path).toBeLessThanOrEqual(0);
        await page.context().close();
      }
    }
  });

  test("no page complained, and none asked elsewhere", () => expect(complaints).toEqual([]));
});
