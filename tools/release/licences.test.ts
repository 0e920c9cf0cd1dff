import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isAllowed, licencesPage, usedPackages } from "./licences.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const used = usedPackages(root);

test("whatever comes with the packages asks for no more than a notice", () => {
  expect(used.length).toBeGreaterThan(50);
  expect(used.filter(({ licence }) => !isAllowed(licence))).toEqual([]);
});

test("of several terms one has to be allowed, of terms together all", () => {
  expect(["MIT", "(MIT OR GPL-3.0-only)", "(MIT AND BSD-3-Clause)"].map(isAllowed)).toEqual([true, true, true]);
  expect(["GPL-3.0-only", "MIT AND GPL-3.0-only", "unknown", "UNLICENSED"].some(isAllowed)).toBe(false);
});

test("docs/licences.md lists it", () => {
  const page = `${root}docs/licences.md`;
  const wanted = licencesPage(used);
  if (process.env.UPDATE_DOCS) writeFileSync(page, wanted);
  expect(
    existsSync(page) ? readFileSync(page, "utf8") : "",
    "UPDATE_DOCS=1 npx vitest run tools/release/licences.test.ts",
  ).toBe(wanted);
});
