import { expect, test } from "vitest";
import { versionKey } from "./version-key.ts";

test("versions sort by semantic precedence", () => {
  const ordered = [
    "nightly",
    "0.9",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.2.0",
    "1.10.0",
    "v2",
  ];
  const shuffled = [...ordered].reverse();
  const byKey = (a: string, b: string) => (versionKey(a) < versionKey(b) ? -1 : 1);
  expect(shuffled.sort(byKey)).toEqual(ordered);
});

test("build metadata does not matter", () => {
  expect(versionKey("1.0.0+build.5")).toBe(versionKey("1.0.0"));
});
