import type { ApiKey } from "@agentgate/protocol";
import { expect, test } from "vitest";
import { boundsOf, changesOf, draftOf, type KeyDraft, mistakesIn } from "./key-draft.ts";

const empty: KeyDraft = {
  ...{ name: "build", scopes: ["tasks:call"], agents: [], ends: "never", max: "", rate: "", burst: "", ips: "" },
  budgets: { day: "", week: "", month: "", total: "" },
};

test("what is left empty bounds nothing", () => {
  expect(mistakesIn(empty)).toEqual({});
  expect(boundsOf(empty)).toEqual({
    ...{
      agents: null,
      expiresIn: null,
      perCallMax: null,
      rateLimit: null,
      rateBurst: null,
      ipAllow: null,
      budgets: [],
    },
  });
});

test("what is given is told as the API takes it", () => {
  const draft: KeyDraft = {
    ...{ ...empty, agents: ["a"], ends: "3600", max: "0.10", rate: "0.5", burst: "3", ips: " 10.0.0.1\n\n::1/64 " },
    budgets: { ...empty.budgets, day: "5", total: "$100" },
  };
  expect(boundsOf(draft)).toEqual({
    ...{
      agents: ["a"],
      expiresIn: 3600,
      perCallMax: 0.1,
      rateLimit: 0.5,
      rateBurst: 3,
      ipAllow: ["10.0.0.1", "::1/64"],
    },
    budgets: [
      { period: "day", amount: 5 },
      { period: "total", amount: 100 },
    ],
  });
});

test("each mistake stands beside its field", () => {
  const wrong: KeyDraft = {
    ...{ ...empty, name: " ", scopes: [], max: "a", rate: "0", burst: "1.5" },
    budgets: { ...empty.budgets, week: "0" },
  };
  expect(Object.keys(mistakesIn(wrong)).sort()).toEqual(["burst", "max", "name", "rate", "scopes", "week"]);
});

test("of a key that is changed only what is another is sent", () => {
  const key = {
    name: "build",
    scopes: ["tasks:call"],
    agents: null,
    per_call_max: 0.05,
    rate_limit: 2.5,
    rate_burst: 10,
    ip_allow: ["10.0.0.0/8"],
    budgets: [{ amount: 5, period: "day", alerts: [0.9], spent: 1, held: 0, resets_at: null }],
  } as unknown as ApiKey;
  const draft = draftOf(key);
  expect(changesOf(draft, key)).toEqual({});
  expect(changesOf({ ...draft, scopes: ["agents:read"], max: "" }, key)).toEqual({
    scopes: ["agents:read"],
    perCallMax: null,
  });
  expect(changesOf({ ...draft, budgets: { ...draft.budgets, day: "7", total: "100" } }, key)).toEqual({
    budgets: [
      { period: "day", amount: 7, alerts: [0.9] },
      { period: "total", amount: 100 },
    ],
  });
  expect(changesOf({ ...draft, ips: "", name: " tests " }, key)).toEqual({ ipAllow: null, name: "tests" });
});
