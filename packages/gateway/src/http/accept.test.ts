import { expect, test } from "vitest";
import { qualityOf } from "./accept.ts";

test.each([
  ["text/html", 1],
  ["text/html;q=0.5", 0.5],
  ["TEXT/HTML ; Q=0.25", 0.25],
  ["text/html;q=0", 0],
  ["text/html;q=0.000", 0],
  ["text/*, */*", 0],
  [undefined, 0],
  // What is no weight says nothing: who names a type wants it.
  ["text/html;q=abc", 1],
  ["text/html;q=", 1],
  ["text/html;q=-1", 1],
  ["text/html;q=7", 1],
  ["text/html;q=1e-3", 1],
])("%s wants HTML by %d", (accept, expected) => {
  expect(qualityOf(accept, "text/html")).toBe(expected);
});
