import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { keepersOf } from "../tools/bounds/keepers.ts";

const root = new URL("..", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

/** What runs once for a command, or only in tests. */
const elsewhere =
  /\.(test|test-d|suite|soak|scale)\.ts$|\/testing\/|^packages\/site\/src\/codegen\/|\/manual-clock\.ts$/;

const files = globSync("packages/{gateway,site,client}/src/**/*.ts", { cwd: root.pathname })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => !elsewhere.test(path));
const short = (path: string) => path.replace(/^packages\//, "").replace("/src/", "/");
const keepers = files.flatMap((path) =>
  keepersOf({ path, text: read(path) }).map(({ place, line }) => ({ place: short(place), at: `${path}:${line}` })),
);

const rows = read("docs/bounds.md")
  .split("\n")
  .filter((line) => /^\| (gateway|site|client)\//.test(line))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .map(([place = "", keeps = "", bound = "", share = ""]) => ({ place, keeps, bound, share }));
const named = new Set(rows.map(({ place }) => place));
const wholeFile = (place: string) => place.replace(/#.*$/, "#*");

test("every place that keeps a number of things is in the register, with its bound and each owner's share", () => {
  expect(keepers.length).toBeGreaterThan(50);
  const missing = keepers.filter(({ place }) => !named.has(place) && !named.has(wholeFile(place)));
  expect(missing).toEqual([]);
});

test("the register names nothing that is gone, and nothing twice", () => {
  const there = new Set(keepers.flatMap(({ place }) => [place, wholeFile(place)]));
  // What a closure keeps without adding to it by itself is not found.
  const gone = rows.filter(({ place }) => !there.has(place) && !hasDeclaration(place));
  expect(gone).toEqual([]);
  expect(rows.length).toBe(named.size);
});

test("a bound is a name in the code of that file, and no cell is empty", () => {
  const wrong = rows.filter(({ place, keeps, bound, share }) => {
    const names = [...bound.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    const text = codeOf(place);
    return !keeps || !share || names.length === 0 || !names.some((name) => new RegExp(`\\b${name}\\b`).test(text));
  });
  expect(wrong).toEqual([]);
});

function codeOf(place: string): string {
  const [file = ""] = place.split("#");
  return read(`packages/${file.replace("/", "/src/")}`);
}

function hasDeclaration(place: string): boolean {
  const [, name = ""] = place.split("#");
  return new RegExp(`\\b(?:const|let) ${name}\\b|#${name}\\b`).test(codeOf(place));
}
