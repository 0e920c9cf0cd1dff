import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { temporaryDirectory } from "@agentgate/testing";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type SeededGateway, seedGateway } from "../../tools/screenshots/seed.ts";
import { NEVER_MS, pagesOf, type Reader, signInAs, untilShown } from "../../tools/screenshots/shown-pages.ts";

const executablePath = inject("chromiumPath");
const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const readers: readonly Reader[] = ["nobody", "organization", "admin"];
const data = temporaryDirectory("every-page");
/** `AGENTGATE_TEST_PAGES=chains,/usage`: those alone whose addresses have one of these. */
const parts = process.env.AGENTGATE_TEST_PAGES?.split(",");
const isAsked = ({ path }: { path: string }) => parts === undefined || parts.some((part) => path.includes(part));

/** Makes each text two fifths longer and strange, as it may be in another language; not what is code or a number. */
const PSEUDO = `(() => {
  const strange = { a: "á", e: "ë", i: "î", o: "ø", u: "ü", A: "Å", E: "É", I: "Î", O: "Ø", U: "Û", c: "ç", n: "ñ", s: "š" };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walk.nextNode()) texts.push(walk.currentNode);
  for (const node of texts) {
    const text = node.data;
    if (!/[a-z]{2}/i.test(text) || node.parentElement.closest("script, style, pre, code, svg, textarea, [data-told], .told")) continue;
    const longer = text.replace(/[a-zA-Z]/g, (char) => strange[char] ?? char);
    node.data = longer.trimEnd() + " " + "ëxtrå ".repeat(Math.ceil((text.trim().length * 0.4) / 6)).trim() + (text.endsWith(" ") ? " " : "");
  }
})()`;
/** What stands out to the right, the innermost of it; nothing where the page does not scroll sideways. */
const OUTSIDE = `document.documentElement.scrollWidth <= innerWidth ? [] : [...document.body.querySelectorAll("*")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && ![...one.children].some((child) => child.getBoundingClientRect().right > innerWidth + 1))
  .filter((one) => { for (let up = one.parentElement; up; up = up.parentElement) if (getComputedStyle(up).overflowX !== "visible" && up !== document.body && up !== document.documentElement) return false; return true; })
  .slice(0, 3).map((one) => one.outerHTML.slice(0, 160))`;

describe.skipIf(!executablePath)("every page", () => {
  let seeded: SeededGateway;
  let browser: Browser;
  beforeAll(async () => {
    seeded = await seedGateway(data.path, () => {});
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox", "--disable-gpu"] });
  });
  afterAll(async () => {
    await browser?.close();
    await seeded?.close();
    data.remove();
  });

  /** Opens each page of all readers in turn; answers what was found wrong, and what pages complained of. */
  async function visit(options: BrowserContextOptions, look: (page: Page, path: string) => Promise<string[]>) {
    const wrong: string[] = [];
    for (const who of readers) {
      const context = await browser.newContext({ reducedMotion: "reduce", ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(NEVER_MS);
      let path = "/sign-in";
      page.on("console", (message) => message.type() === "error" && wrong.push(`${path}: says ${message.text()}`));
      page.on("pageerror", (error) => wrong.push(`${path}: throws ${error.message}`));
      page.on("request", (request) => {
        if (!request.url().startsWith(seeded.url)) wrong.push(`${path}: asks ${request.url()}`);
      });
      await signInAs(page, who, seeded);
      for (const shown of pagesOf(seeded).filter((each) => each.who === who && isAsked(each))) {
        path = shown.press === undefined ? shown.path : `${shown.path} (${shown.press})`;
        try {
          await page.goto(seeded.url + shown.path);
          await untilShown(page, shown);
          wrong.push(...(await look(page, shown.path)).map((what) => `${path}: ${what}`));
        } catch (error) {
          wrong.push(`${path}: ${error}`);
        }
      }
      await context.close();
    }
    return wrong;
  }

  const sideways = async (page: Page): Promise<string[]> =>
    ((await page.evaluate(OUTSIDE)) as string[]).map((html) => `stands out sideways: ${html}`);

  describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
    test.each([320, 390, 720, 1024, 1440])("at %i px: axe finds nothing, nothing scrolls sideways", async (width) => {
      const wrong = await visit(
        { colorScheme, viewport: { width, height: 900 }, bypassCSP: true },
        async (page, path) => {
          // Swagger UI is not ours to mend.
          if (path === "/docs") return sideways(page);
          await page.evaluate(axe);
          const found = (await page.evaluate("axe.run().then(({ violations }) => violations)")) as {
            id: string;
            nodes: { html: string }[];
          }[];
          return [
            ...found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join("; ")}`),
            ...(await sideways(page)),
          ];
        },
      );
      expect(wrong).toEqual([]);
    });
  });

  test.each([320, 1024])("in a language that takes more room, at %i px, nothing scrolls sideways", async (width) => {
    const wrong = await visit({ viewport: { width, height: 900 } }, async (page, path) => {
      if (path === "/docs") return [];
      await page.evaluate(PSEUDO);
      return sideways(page);
    });
    expect(wrong).toEqual([]);
  });

  test("in colours that its reader forces, every control is seen", async () => {
    const wrong = await visit(
      { forcedColors: "active", viewport: { width: 1024, height: 900 } },
      async (page, path) => {
        if (path === "/docs") return [];
        const unseen =
          (await page.evaluate(`[...document.querySelectorAll("button, input:not([type=hidden]), select, textarea")]
        .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && one.getClientRects()[0]?.width > 2 && !one.closest(".spoken") && !one.classList.contains("spoken"))
        .filter((one) => { const { color, backgroundColor } = getComputedStyle(one); return color === backgroundColor; })
        .map((one) => one.outerHTML.slice(0, 120))`)) as string[];
        return unseen.map((html) => `cannot be seen: ${html}`);
      },
    );
    expect(wrong).toEqual([]);
  });
});
