import { expect, test } from "vitest";
import { systemRandom } from "./random.ts";
import { createSealer } from "./sealer.ts";

test("what is sealed opens again, for its purpose and with its secret alone", () => {
  const sealer = createSealer("a secret of some length", systemRandom);
  const sealed = sealer.seal("Schlüssel 🔑", "credential");
  expect(sealed).not.toContain("Schl");
  expect(sealer.open(sealed, "credential")).toBe("Schlüssel 🔑");
  expect(sealer.seal("Schlüssel 🔑", "credential")).not.toBe(sealed);
  expect(() => sealer.open(sealed, "push")).toThrow();
  expect(() => createSealer("another secret", systemRandom).open(sealed, "credential")).toThrow();
  const flipped = `${sealed.slice(0, -2)}${sealed.at(-2) === "A" ? "B" : "A"}${sealed.at(-1)}`;
  expect(() => sealer.open(flipped, "credential")).toThrow();
});
