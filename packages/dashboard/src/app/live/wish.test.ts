import { expect, test } from "vitest";
import { isWanted, queryOf, unionOf, type Wish } from "./wish.ts";

const wish = (filter: Wish["filter"], ...topics: string[]): Wish => ({ topics, filter });
const call = {
  ...{ agent_id: "a", org_id: "own", payer_org_id: null, status: "error", error_detail: "timeout", entrance: "rest" },
  ...{ task_id: null, trace_id: "t", request_id: "r", parent_id: null, caller_ip: "192.0.2.1", latency_ms: 40 },
};

test("tabs that want the same ask for just that, others for what they ask for alike", () => {
  expect(unionOf([])).toBeUndefined();
  expect(queryOf(unionOf([wish({ error: "x" }, "logs"), wish({ error: "x" }, "logs")])!)).toBe("error=x&topics=logs");
  const union = unionOf([wish({ error: "x", agent_id: "a" }, "logs"), wish({ agent_id: "a" }, "wallet")])!;
  expect(queryOf(union)).toBe("agent_id=a&topics=logs%2Cwallet");
});

test("a tab takes of what others asked for what it asks for itself", () => {
  for (const filter of [
    {},
    { agent_id: "b,a", status: "error" },
    { role: "owner" },
    { org_id: "own" },
    { not_payer_org_id: "other" },
    { not_error: "http_500" },
    { latency_min: "40" },
  ]) {
    expect(isWanted(call, filter, "own"), JSON.stringify(filter)).toBe(true);
  }
  for (const filter of [
    { agent_id: "b" },
    { role: "payer" },
    { org_id: "other" },
    { not_error: "http_500,timeout" },
    { latency_min: "41" },
    { task_id: "t" },
  ]) {
    expect(isWanted(call, filter, "own"), JSON.stringify(filter)).toBe(false);
  }
});
