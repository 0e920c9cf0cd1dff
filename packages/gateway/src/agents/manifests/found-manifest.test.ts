import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adopted } from "./adopt-manifest.ts";
import { baseOf, ManifestError, readFoundManifest } from "./found-manifest.ts";
import { differencesOf } from "./look.ts";
import { siteFields } from "./site-fields.ts";
import { standingOf, toSkills } from "./standing.ts";

const operation = {
  description: "Does it",
  input_schema: { type: "object", properties: { q: { type: "string", description: "Words" } }, required: ["q"] },
  output_schema: { type: "object", properties: { id: { type: "string" } } },
  auth: { type: "api_key", header: "X-API-Key" },
  streaming: true,
  idempotent: true,
  risk: "high",
  price: { amount: "0.05", currency: "USD" },
  deprecated: { message: "Old.", use: "other" },
};
const full = {
  agent_api_version: "1.0",
  name: "Shop",
  description: "A shop",
  version: "1.0",
  base_url: "https://shop.test/api",
  auth: { type: "bearer", header: null },
  intents: [{ name: "search", endpoint: "/agent/intents/search", method: "POST", ...operation }],
  flows: ["server", "client"].map((orchestration) => ({
    name: `${orchestration}_flow`,
    description: "A flow",
    orchestration,
    steps: [{ name: "pay", entry: true, next_steps: ["pay"], ...operation }],
  })),
};
const at = baseOf("https://shop.test/api");
const read = (manifest: unknown) => readFoundManifest(JSON.stringify(manifest), at, undefined);

const placesOf = (value: unknown, place: string[] = []): string[][] =>
  Object(value) !== value
    ? [place]
    : [place, ...Object.entries(value as object).flatMap(([key, inner]) => placesOf(inner, [...place, key]))];
function replaced(value: unknown, [key, ...rest]: string[], other: unknown): unknown {
  if (key === undefined) return other;
  const copy = structuredClone(value) as Record<string, unknown>;
  return Object.assign(copy, { [key]: replaced(copy[key], rest, other) });
}

const evilText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "@evil.test",
    "//evil.test",
    "/\\\\evil.test",
    "https://evil.test/a",
    "..",
    "../..",
    "__proto__",
    "constructor",
    "\0",
    "\ud800",
    "a\nb",
  ),
);
const evil = fc.oneof(evilText, fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>);

/** Does with a manifest what a registration, a look and a refresh do. */
function useAll(manifest: unknown): boolean {
  let found: ReturnType<typeof read>;
  try {
    found = read(manifest);
  } catch (error) {
    expect(error).toBeInstanceOf(ManifestError);
    expect((error as Error).message).not.toMatch(/undefined is|\[object/);
    return false;
  }
  expect(new URL(found.url).origin).toBe("https://shop.test");
  for (const { path, name } of found.tools) {
    expect(new URL(found.url + path).origin).toBe("https://shop.test");
    expect(name).toMatch(/^[\w.-]{1,64}$/);
  }
  siteFields(found);
  const known = read(full);
  const counts = adopted(known.manifest, found.manifest);
  for (const skill of toSkills(standingOf(known.tools, found.tools)))
    expect(skill.description.isWellFormed()).toBe(true);
  differencesOf(counts, found.manifest);
  return true;
}

describe("whatever a site serves as its manifest", () => {
  const places = placesOf(full);

  test("whatever stands at whichever place, it is refused in words or used as what it should be", () => {
    let used = 0;
    fc.assert(
      fc.property(evil, fc.constantFrom(...places), (value, place) => {
        if (useAll(replaced(full, place, value))) used++;
      }),
      { numRuns: 1_500 },
    );
    expect(used).toBeGreaterThan(100);
  });

  test.each<[string, string, RegExp]>([
    ["HTML", "<!doctype html>", /no manifest/],
    ["nothing", "", /no manifest/],
    ["JSON that is none", "[]", /no manifest/],
    ["too many bytes", `{"agent_api_version":"1.0","x":"${"x".repeat(1_048_576)}"}`, /more than 1048576 bytes/],
    ["too many levels", `{"agent_api_version":"1.0","x":${"[".repeat(100)}${"]".repeat(100)}}`, /too many levels/],
    ["too many parts", `{"agent_api_version":"1.0","x":[${"0,".repeat(60_000)}0]}`, /too many parts/],
    ["another site's", JSON.stringify({ ...full, base_url: "https://evil.test" }), /evil\.test/],
    ["a site's on another port", JSON.stringify({ ...full, base_url: "https://shop.test:8443" }), /8443/],
    [
      "a name with a slash",
      JSON.stringify({ ...full, flows: [{ ...full.flows[0], name: "a/b" }] }),
      /cannot be the name/,
    ],
    [
      "too many calls",
      JSON.stringify({
        ...full,
        intents: Array.from({ length: 600 }, (_, n) => ({ ...full.intents[0], name: `i${n}` })),
      }),
      /more than 512 calls/,
    ],
  ])("%s is refused", (_, text, words) => {
    expect(() => readFoundManifest(text, at, undefined)).toThrow(words);
    expect(() => readFoundManifest(text, at, undefined)).toThrow(ManifestError);
  });

  test("definitions that a Python site leaves within an argument are found from the root", () => {
    const filter = {
      $defs: { Filter: { type: "object", properties: { max: { type: "number" } } } },
      anyOf: [{ $ref: "#/$defs/Filter" }, { type: "null" }],
    };
    const intent = { ...full.intents[0], input_schema: { type: "object", properties: { filter } } };
    const { tools } = read({ ...full, intents: [intent], flows: [] });
    expect(tools[0]!.inputSchema.$defs).toEqual({ Filter: filter.$defs.Filter });
  });
});
