import type { ChainEvent } from "@agentgate/client";
import { expect, test } from "vitest";
import { after, notBegun } from "./chain-run.ts";

const step = (number: number, status: string) =>
  ({ type: "step", entry: { step: number, agent_id: "a", agent_name: "a", status } }) as ChainEvent;

test("a step takes the place of itself as it began, and the result has the last word", () => {
  const told = [step(1, "running"), step(1, "success"), step(2, "running")];
  const state = told.reduce(after, notBegun);
  expect(state.steps.map(({ step, status }) => `${step} ${status}`)).toEqual(["1 success", "2 running"]);
  const trace = [
    { step: 1, status: "success" },
    { step: 2, status: "error" },
  ];
  const done = after(state, { type: "error", run: { status: "error", trace } } as unknown as ChainEvent);
  expect(done.steps).toBe(trace);
  const broken = after(state, { type: "error", run: { status: "error", trace: [] } } as unknown as ChainEvent);
  expect(broken.steps).toBe(state.steps);
});
