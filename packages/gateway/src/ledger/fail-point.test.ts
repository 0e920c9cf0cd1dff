import { expect, test } from "vitest";
import { failPointFrom } from "./fail-point.ts";

test("unset, there is no hook to call", () => {
  expect(failPointFrom(undefined)).toBeUndefined();
  expect(failPointFrom("")).toBeUndefined();
});

test("an unknown name is a clear mistake", () => {
  expect(() => failPointFrom("after-lunch")).toThrow(/no such fail point: after-lunch \(before-transaction/);
});
