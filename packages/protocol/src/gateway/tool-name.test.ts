import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SLUG_MAX, slugOf, slugsFor, TOOL_NAME_MAX, toolNamesFor } from "./tool-name.ts";

const hash = (text: string) => createHash("sha256").update(text).digest("hex");
const agent = { id: "6f0a2a0e-5f0b-4d0a-9c3e-3b1d2c4e5f60", slug: "shop" };
const named = (ids: string[], before?: Parameters<typeof toolNamesFor>[3]) =>
  Object.fromEntries([...toolNamesFor(agent, ids, hash, before)].map(([id, { name, tool }]) => [id, [name, tool]]));

test.each([
  ["My Agent", "my-agent"],
  ["Übersetzer für Verträge!", "ubersetzer-fur-vertr"],
  ["  --  ", "agent"],
  ["日本", "agent"],
  ["a".repeat(40), "a".repeat(SLUG_MAX)],
])("an agent named %s would like the slug %s", (name, slug) => {
  expect(slugOf(name)).toBe(slug);
});

test("whose slug is taken gets characters of its id; a hidden one, and the gateway's own name, always do", () => {
  expect(slugsFor({ ...agent, name: "Shop" }, true)).toEqual([
    "shop",
    "shop-5f60",
    "shop-2c4e5f60",
    "shop-3b1d2c4e5f60",
  ]);
  expect(slugsFor({ ...agent, name: "Shop" }, false)[0]).toBe("shop-5f60");
  expect(slugsFor({ ...agent, name: "AgentGate" }, true)[0]).toBe("agentgate-5f60");
  expect(slugsFor({ ...agent, name: "a".repeat(40) }, true)).toEqual([
    "a".repeat(20),
    `${"a".repeat(15)}-5f60`,
    `${"a".repeat(11)}-2c4e5f60`,
    `${"a".repeat(7)}-3b1d2c4e5f60`,
  ]);
});

test("a skill is called by its id; one whose name is taken, or too long, ends with a digest", () => {
  expect(named(["search_products", "Find It"])).toEqual({
    search_products: ["search_products", "shop__search_products"],
    "Find It": ["find_it", "shop__find_it"],
  });
  const clash = named(["Find It", "find_it"]);
  expect(clash.find_it).toEqual(["find_it", "shop__find_it"]);
  const end = hash(`${agent.id} Find It`).slice(0, 8);
  expect(clash["Find It"]).toEqual([`find_it_${end}`, `shop__find_it_${end}`]);
  const long = named(["x".repeat(60)])["x".repeat(60)]!;
  expect(long.map((name) => name.length)).toEqual([TOOL_NAME_MAX, TOOL_NAME_MAX]);
  expect(named([""])).toEqual({ "": ["ask", "shop__ask"] });
});

test("names that were made stay, whatever comes", () => {
  const first = toolNamesFor(agent, ["Find It"], hash);
  expect(named(["find_it", "Find It"], first)["Find It"]).toEqual(["find_it", "shop__find_it"]);
  expect(named(["find_it", "Find It"], first).find_it![0]).toMatch(/^find_it_[0-9a-f]{8}$/);
});

test("whatever skills are called, tools have names that clients take, and no two the same", () => {
  const ids = fc.uniqueArray(
    fc.oneof(fc.string({ unit: "binary", maxLength: 80 }), fc.stringMatching(/^[aA _-]{1,3}$/)),
  );
  fc.assert(
    fc.property(ids, fc.uniqueArray(fc.string({ maxLength: 4 })), (some, more) => {
      const first = toolNamesFor(agent, some, hash);
      const names = toolNamesFor(agent, [...more, ...some], hash, first);
      for (const [id, given] of first) expect(names.get(id)).toEqual(given);
      const all = [...names.values()];
      for (const { name, tool } of all) {
        expect(name).toMatch(/^[a-z0-9_-]{1,48}$/);
        expect(tool).toMatch(/^shop__[a-z0-9_-]{1,42}$/);
      }
      expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
      expect(new Set(all.map(({ tool }) => tool)).size).toBe(all.length);
      expect([...names.keys()].sort()).toEqual([...new Set([...some, ...more])].sort());
    }),
  );
});
