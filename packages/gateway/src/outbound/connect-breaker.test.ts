import { expect, test } from "vitest";
import { ConnectBreaker } from "./connect-breaker.ts";

const breakerAfter = (...outcomes: Parameters<ConnectBreaker["onAttempt"]>[0][]) => {
  const breaker = new ConnectBreaker(5_000);
  for (const outcome of outcomes) breaker.onAttempt(outcome);
  return breaker;
};

test("holds calls back after three timeouts in a row, except one in five seconds", () => {
  const breaker = breakerAfter("timed out", "timed out", "timed out");
  const tries = [0, 1, 4_999, 5_000, 5_001, 9_999, 10_000].map((nowMs) => breaker.mayTry(nowMs));
  expect(tries).toEqual([true, false, false, true, false, false, true]);
});

test.each([
  [["timed out", "timed out"]],
  [["timed out", "timed out", "failed", "timed out"]],
  [["failed", "failed", "failed", "failed"]],
  [["timed out", "timed out", "timed out", "connected"]],
  [["timed out", "timed out", "timed out", "failed"]],
] as const)("holds nothing back after %j", (outcomes) => {
  const breaker = breakerAfter(...outcomes);
  expect([breaker.mayTry(0), breaker.mayTry(1)]).toEqual([true, true]);
});
