import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import type { TestGateway } from "../../testing/index.ts";

type ContextOptions = Parameters<Browser["newContext"]>[0];
type SignedIn = Awaited<ReturnType<BrowserContext["storageState"]>>;

/** For what never comes, not for what is slow. */
const NEVER_MS = 90_000;

/** A browser that notes what pages complain of, and whatever they ask of anybody but their gateway. */
export class WatchedBrowser {
  readonly complaints: string[] = [];
  readonly #browser: Browser;
  readonly #axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(executablePath: string): Promise<WatchedBrowser> {
    return new WatchedBrowser(await chromium.launch({ executablePath, args: ["--no-sandbox"] }));
  }

  /** What a browser keeps that is signed in with this key. */
  async signIn(url: string, key: string): Promise<SignedIn> {
    const context = await this.#browser.newContext();
    const headers = { origin: url, "sec-fetch-site": "same-origin", "x-agentgate-web": "1" };
    const response = await context.request.post(`${url}/session`, { data: { key }, headers });
    if (!response.ok()) throw new Error(`not signed in: ${await response.text()}`);
    const state = await context.storageState();
    await context.close();
    return state;
  }

  async open(
    gate: Pick<TestGateway, "url">,
    path: string,
    storageState: SignedIn,
    options: ContextOptions = {},
  ): Promise<Page> {
    // Colours on their way from one to another are nobody's to judge.
    const context = await this.#browser.newContext({ storageState, reducedMotion: "reduce", ...options });
    return this.tab(context, gate, path);
  }

  /** One more tab. */
  async tab(context: BrowserContext, gate: Pick<TestGateway, "url">, path: string): Promise<Page> {
    const page = await context.newPage();
    page.setDefaultTimeout(NEVER_MS);
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(`${message.location().url}: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(gate.url)) this.complaints.push(`asked ${request.url()}`);
    });
    await page.goto(gate.url + path);
    return page;
  }

  /** Barriers that axe finds, and whether it scrolls sideways. The page was opened with `bypassCSP`. */
  async barriers(page: Page): Promise<string[]> {
    await page.evaluate(this.#axe);
    const found = (await page.evaluate("axe.run().then(({ violations }) => violations)")) as any[];
    const told = found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }: any) => html).join("; ")}`);
    const sideways = (await page.evaluate("document.documentElement.scrollWidth - innerWidth")) as number;
    return sideways > 0 ? [...told, `scrolls sideways by ${sideways}`] : told;
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}

/** Opens a row of the list by its keys, until the page has taken them: rows are drawn before keys are heard. */
export async function openRowByKeys(page: Page, opened: Locator): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    const isOpen = await opened.waitFor({ timeout: 2_000 }).then(
      () => true,
      () => false,
    );
    if (isOpen) return;
  }
  throw new Error("no row is opened by keys");
}
