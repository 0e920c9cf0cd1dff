import { expect, test } from "vitest";
import { only, toggled, valuesOf } from "./filter-values.ts";

test("a value is added, taken away, and never both asked for and left out", () => {
  const one = toggled({ range: "7d" }, "error", "timeout");
  expect(one).toMatchObject({ range: "7d", error: "timeout" });
  const two = toggled(one, "error", "http_500");
  expect(valuesOf(two.error)).toEqual(["timeout", "http_500"]);
  const without = toggled(two, "error", "timeout", true);
  expect([without.error, without.not_error]).toEqual(["http_500", "timeout"]);
  expect(toggled(without, "error", "timeout", true).not_error).toBeUndefined();
  expect(only(without, "error", "timeout")).toMatchObject({ error: "timeout", not_error: undefined });
});

test("narrowing leaves the place that was jumped to", () => {
  expect(toggled({ at: "2026-11-30T00:00:00.000Z" }, "agent_id", "a").at).toBeUndefined();
});
