import { expect, test } from "vitest";
import { costOf } from "./chain-cost.ts";

test("a run costs what its steps cost, an agent as often as it is asked, a skill with a price of its own that", () => {
  const agents: Record<string, { price_per_task: number; prices?: Record<string, number> }> = {
    a: { price_per_task: 0.0015 },
    b: { price_per_task: 0.1, prices: { look: 0.02, gift: 0 } },
    free: { price_per_task: 0 },
  };
  const cost = (...steps: string[]) =>
    costOf(
      steps.map((step) => {
        const [agent_id, skill = null] = step.split("/");
        return { agent_id: agent_id!, skill };
      }),
      (id) => agents[id],
    );
  expect(cost("a", "b", "a")).toEqual({ total: 103_000n, most: 100_000n });
  expect(cost("free")).toEqual({ total: 0n, most: 0n });
  expect(cost("a", "gone")).toBeUndefined();
  expect(cost("b/look", "b/gift", "a/look")).toEqual({ total: 21_500n, most: 20_000n });
  // A skill may be called anything.
  expect(cost("b/constructor")).toEqual({ total: 100_000n, most: 100_000n });
});
