import { expect, test } from "vitest";
import { jsonWithin } from "./answer-json.ts";

test("JSON within a text is built unless it is too much, which no body's own measure has seen", () => {
  expect(jsonWithin('{"a":1}')).toEqual({ a: 1 });
  expect(jsonWithin("{")).toBeUndefined();
  expect(jsonWithin(`{"a":[${"{},".repeat(200_001)}{}]}`)).toBeUndefined();
  expect(jsonWithin(`${"[".repeat(2_000)}${"]".repeat(2_000)}`)).toBeUndefined();
});
