import { expect, test } from "vitest";
import { orgKeyCreation } from "./fields.ts";

test("a part of a budget that is named twice is told once", () => {
  const budget = { amount: 1, period: "day", alerts: [0.5, 0.8, 0.5] };
  const { budgets } = orgKeyCreation.parse({ name: "ci", scopes: ["*"], budgets: [budget] });
  expect(budgets[0]!.alerts).toEqual([0.5, 0.8]);
});
