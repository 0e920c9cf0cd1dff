import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { goldenShop } from "../testing/golden-shop.ts";
import { renderManifestTypes } from "./manifest-types.ts";

test("the README's shop as a contract", () => {
  const types = renderManifestTypes(goldenShop().manifest, "https://myshop.com");
  expect(types).toBe(readFileSync(new URL("./fixtures/myshop.d.ts", import.meta.url), "utf8"));
});

test("names that are no identifiers, and a site called like nothing", () => {
  const { manifest } = goldenShop();
  const [intent] = manifest.intents;
  const types = renderManifestTypes(
    { ...manifest, name: "24/7 Shop */", intents: [{ ...intent!, name: "find-it" }], flows: [] },
    "x\nimport evil",
  );
  expect(types).toContain("export interface T247Shop {");
  expect(types).toContain('    "find-it": {');
  expect(types.split("\n").filter((line) => line.startsWith("import"))).toEqual([]);
});
