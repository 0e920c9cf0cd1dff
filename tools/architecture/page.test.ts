import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gatewayFloors, packageImports } from "./rules.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
const rooms = globSync("packages/gateway/src/*/index.ts", { cwd: root })
  .map((path) => path.split("/").at(-2) ?? "")
  .filter((room) => room !== "testing");

test("the page draws each room on its floor, and no other", () => {
  const drawn = [...page.matchAll(/^(?:\d{1,2}| {2}) {1,2}([a-z0-9-]+(?: · [a-z0-9-]+)*)(?: {2,}.*)?$/gm)].map(
    ([, names = ""]) => names.split(" · ").sort(),
  );
  const floors = gatewayFloors.map((floor) => floor.filter((room) => rooms.includes(room)).sort());
  expect(drawn).toEqual(floors.filter((floor) => floor.length > 0).reverse());
});

test("the page says of each room what it holds", () => {
  const told = [...page.matchAll(/^\| `([a-z0-9-]+)` +\|/gm)].map(([, room = ""]) => room);
  expect(told.sort()).toEqual([...rooms].sort());
});

test("the page says of each package what it may import", () => {
  const told = [...page.matchAll(/^\| `packages\/([a-z]+)` +\|.*\| ([a-z, ]+) +\|$/gm)].map(
    ([, name, imports = ""]) => [name, imports.trim().replace("nothing", "").split(", ").filter(Boolean)],
  );
  const packages = globSync("packages/*/package.json", { cwd: root }).map((path) => path.split("/").at(-2) ?? "");
  expect(told.sort()).toEqual(packages.map((name) => [name, packageImports[name] ?? []]).sort());
});

test("every file and folder that the page names is there", () => {
  const named = [...page.matchAll(/`([a-z0-9/.-]+(?:\.ts|\/))`/g)].map(([, path = ""]) => path);
  expect(named.length).toBeGreaterThan(15);
  const places = [root, join(root, "packages/gateway/src")];
  const missing = named.filter(
    (path) => !places.some((place) => globSync([path, `*/${path}`], { cwd: place }).length > 0),
  );
  expect(missing).toEqual([]);
});
