import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";

// What a browser has to load, as the build has left it (vitest builds the pages where they are older than their sources).
const dist = fileURLToPath(new URL("../packages/dashboard/dist/", import.meta.url));
const KB = 1_000;

interface Pages {
  styles: string;
  docsStyles: string;
  fonts: string[];
  entries: Record<"dashboard" | "public", { script: string }>;
}

const pages = JSON.parse(readFileSync(join(dist, "pages.json"), "utf8")) as Pages;
const names = readdirSync(dist);
const scripts = names.filter((name) => name.endsWith(".js"));
const textOf = new Map(scripts.map((name) => [name, readFileSync(join(dist, name), "utf8")]));
const gzipped = (name: string): number => gzipSync(readFileSync(join(dist, name)), { level: 9 }).length;

const imports = (name: string): string[] =>
  [...textOf.get(name)!.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)].map(([, found]) => found!);
const lazily = (name: string): string[] =>
  [...textOf.get(name)!.matchAll(/import\(\s*[`"']\.\/([\w.-]+\.js)[`"']\s*\)/g)].map(([, found]) => found!);

/** A script with all that it imports at once. */
function loadedWith(name: string, known = new Set<string>()): Set<string> {
  if (known.has(name)) return known;
  known.add(name);
  for (const each of imports(name)) loadedWith(each, known);
  return known;
}
const bytes = (files: Iterable<string>): number => [...files].reduce((sum, name) => sum + gzipped(name), 0);

const first = loadedWith(pages.entries.dashboard.script);
/** What is loaded later, by whatever leads to it. */
const routes = [...new Set([...textOf.keys()].flatMap(lazily))].filter((name) => !first.has(name));
const isChart = (name: string) => /chart|scale|axis/.test(name);

describe("compressed, in bytes", () => {
  test("public pages take 30 kB of scripts, all pages 20 kB of styles and 100 kB of fonts", () => {
    expect(bytes(loadedWith(pages.entries.public.script))).toBeLessThan(30 * KB);
    expect(gzipped(pages.styles)).toBeLessThan(20 * KB);
    expect(gzipped(pages.docsStyles)).toBeLessThan(5 * KB);
    expect(pages.fonts.reduce((sum, name) => sum + readFileSync(join(dist, name)).length, 0)).toBeLessThan(100 * KB);
  });

  test("the dashboard's first load takes 180 kB", () => {
    expect(first.size).toBeGreaterThan(1);
    expect(bytes(first)).toBeLessThan(180 * KB);
  });

  test("there are routes to be measured", () => expect(routes.length).toBeGreaterThan(4));

  test.each(routes)("%s takes 40 kB, its charts 45 kB", (route) => {
    const more = [...loadedWith(route)].filter((name) => !first.has(name));
    expect(bytes(more.filter((name) => !isChart(name)))).toBeLessThan(40 * KB);
    expect(bytes(more.filter(isChart))).toBeLessThan(45 * KB);
  });
});
