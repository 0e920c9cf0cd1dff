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
  for (const spelled of [`${sealed}=`, `${sealed}\n`, `${sealed.slice(0, 20)} ${sealed.slice(20)}`]) {
    expect(() => sealer.open(spelled, "credential")).toThrow();
  }
  // A short tag is guessed.
  expect(() => sealer.open(`v1.${Buffer.alloc(16).toString("base64url")}`, "credential")).toThrow(/no|not/);
});
