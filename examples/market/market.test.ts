import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("main.ts", import.meta.url));

test("an agent orders dinner by MCP from a website, an MCP server and an A2A agent, and the ledger shows what it paid", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=agentgate-source", main]);
  for (const [tool, cost] of [
    ["foodpanda__search_dishes", "free"],
    ["foodpanda__order_food__start", "$0.0010"],
    ["foodpanda__order_food__add_dish", "$0.0010"],
    ["foodpanda__order_food__set_delivery", "$0.0010"],
    ["foodpanda__order_food__place_order", "$0.02"],
    ["sommelier__recommend_drink", "$0.0020"],
    ["courier__show", "$0.01"],
  ]) {
    expect(stdout).toContain(`  ${tool}: ${cost}\n`);
  }
  expect(stdout).toContain("Two Miso Ramen");
  expect(stdout).toContain("the buyer has spent $0.035 of its dollar, for 6 calls");
  expect(stdout).toContain("the seller has earned $0.03395");
  expect(stdout).toContain("the books are right");
}, 120_000);
