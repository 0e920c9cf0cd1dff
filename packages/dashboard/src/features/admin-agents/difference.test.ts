import fc from "fast-check";
import { expect, test } from "vitest";
import { differenceOf, hostChange } from "./difference.ts";

test("what differs is between what both begin and end with", () => {
  expect(differenceOf("https://good.example/a", "https://g00d.example/a")).toEqual({
    head: "https://g",
    before: "oo",
    after: "00",
    tail: "d.example/a",
  });
  expect(differenceOf("aa", "aaa")).toEqual({ head: "aa", before: "", after: "a", tail: "" });
  expect(differenceOf("", "new")).toEqual({ head: "", before: "", after: "new", tail: "" });
  // Both pictures begin with the same half of a pair.
  expect(differenceOf("\u{1f600}", "\u{1f601}")).toMatchObject({ head: "", before: "\u{1f600}", after: "\u{1f601}" });
});

test("put together again, both texts are what they were", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (old, now) => {
      const { head, before, after, tail } = differenceOf(old, now);
      expect([head + before + tail, head + after + tail]).toEqual([old, now]);
    }),
  );
});

test("another host is one, whatever it looks like", () => {
  expect(hostChange("https://a.example/x", "https://a.example:443/y")).toBe(undefined);
  expect(hostChange("https://paypal.example", "https://pаypal.example")).toEqual({
    before: "paypal.example",
    after: "xn--pypal-4ve.example",
  });
  expect(hostChange(undefined, "https://a.example")).toBe(undefined);
  expect(hostChange("not a url", 7)).toBe(undefined);
});
