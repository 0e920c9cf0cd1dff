// npm run screenshots [-- part-of-a-path …] [--widths 390,1440] [--themes light,dark]: writes a picture of every page to .screenshots.
// npm run screenshots -- --readme: writes the three of the README to docs/pictures.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromiumPath, temporaryDirectory } from "@agentgate/testing";
import { type Browser, chromium } from "playwright-core";
import { type SeededGateway, seedGateway } from "./seed.ts";
import { NEVER_MS, pagesOf, type ShownPage, signInAs, untilShown } from "./shown-pages.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = join(root, ".screenshots");
const HEIGHT_MAX = 4_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    widths: { type: "string", default: "390,1440" },
    themes: { type: "string", default: "light,dark" },
    out: { type: "string", default: folder },
    readme: { type: "boolean", default: false },
  },
});
const executablePath = chromiumPath();
if (executablePath === undefined) {
  console.error("Chromium is not installed: apt-get install chromium");
  process.exit(2);
}

const data = temporaryDirectory("screenshots");
const say = (line: string) => console.log(line);
const seeded = await seedGateway(data.path, (what) => say(`seeding: ${what}`));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  if (values.readme) await readmePictures(browser, seeded);
  else await everyPicture();
} finally {
  await browser.close();
  await seeded.close();
  data.remove();
}

async function everyPicture(): Promise<void> {
  if (positionals.length === 0) rmSync(values.out, { recursive: true, force: true });
  mkdirSync(values.out, { recursive: true });
  const pages = pagesOf(seeded).filter(
    ({ path }) => positionals.length === 0 || positionals.some((part) => path.includes(part)),
  );
  let at = 0;
  for (const theme of values.themes.split(",")) {
    for (const width of values.widths.split(",").map(Number)) {
      for (const who of ["nobody", "organization", "admin"] as const) {
        const own = pages.filter((page) => page.who === who);
        if (own.length === 0) continue;
        const all = pages.length * values.themes.split(",").length * values.widths.split(",").length;
        await picture(browser, seeded, own, { theme, width, who }, (name) => say(`${++at}/${all} ${name}`));
      }
    }
  }
  say(`written to ${values.out}`);
}

/** What stands in the README: the top of three pages, small enough to be kept with the code. */
async function readmePictures(browser: Browser, seeded: SeededGateway): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 700 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(NEVER_MS);
  await signInAs(page, "organization", seeded);
  const { url, agents } = seeded;
  const id = agents.get("lingua-translate");
  for (const [name, path, hasChart = false] of [
    ["marketplace", "/marketplace?sort=calls"],
    ["agent", `/marketplace/${id}/lingua-translate`],
    ["logs", "/dashboard/logs", true],
  ] as const) {
    await page.goto(url + path);
    await untilShown(page, { path, who: "organization" });
    // Charts are drawn by scripts of their own.
    if (hasChart) await page.getByText("As a table").first().waitFor();
    await page.waitForTimeout(1_500);
    await page.screenshot({ path: join(root, "docs/pictures", `${name}.png`), animations: "disabled" });
    say(`docs/pictures/${name}.png`);
  }
  await context.close();
}

async function picture(
  browser: Browser,
  seeded: SeededGateway,
  pages: readonly ShownPage[],
  { theme, width, who }: { theme: string; width: number; who: ShownPage["who"] },
  told: (name: string) => void,
): Promise<void> {
  const context = await browser.newContext({
    colorScheme: theme as "light" | "dark",
    viewport: { width, height: 900 },
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(NEVER_MS);
  await signInAs(page, who, seeded);
  for (const shown of pages) {
    const { path, press } = shown;
    const name = `${
      path
        .replace(/[0-9a-f]{8}-[0-9a-f-]{27}\//, "")
        .replace(/[^a-z0-9]+/gi, "-")
        .replace(/^-|-$/g, "") || "home"
    }${press === undefined ? "" : "-open"}.${theme}.${width}.png`;
    await page.goto(seeded.url + path);
    await untilShown(page, shown);
    const height = Math.min(HEIGHT_MAX, (await page.evaluate("document.documentElement.scrollHeight")) as number);
    await page.screenshot({ path: join(values.out, name), fullPage: height < HEIGHT_MAX, animations: "disabled" });
    told(name);
  }
  await context.close();
}
