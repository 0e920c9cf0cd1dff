import { expect, test } from "vitest";
import { readBlock } from "./event-block.ts";

test("an event has its fields, a comment none, and data may have several lines", () => {
  expect(readBlock('id: 1.2\nevent: log\ndata: {"a":1}')).toEqual({ id: "1.2", type: "log", data: '{"a":1}' });
  expect(readBlock(": still here")).toEqual({});
  expect(readBlock("id: 7")).toEqual({ id: "7" });
  expect(readBlock("data:a\ndata: b")).toEqual({ data: "a\nb" });
});
