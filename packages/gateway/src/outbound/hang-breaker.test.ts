import { expect, test } from "vitest";
import { HangBreaker } from "./hang-breaker.ts";

const MANY = 1_000;

test("a host that is silent to all is held back until it answers one", () => {
  const hangs = new HangBreaker();
  const sentAt = hangs.answers;
  expect(hangs.holdsBack(MANY)).toBe(false);
  for (let call = 0; call < 8; call++) hangs.onSilence(sentAt);
  expect([hangs.holdsBack(MANY), hangs.holdsBack(0)]).toEqual([true, false]);
  hangs.onAnswer();
  expect(hangs.holdsBack(MANY)).toBe(false);
});

test("a host that answers some is not held back for those whom it leaves without, though the time of all is up at once", () => {
  const hangs = new HangBreaker();
  const sentAt = hangs.answers;
  hangs.onAnswer();
  for (let call = 0; call < 100; call++) hangs.onSilence(sentAt);
  expect(hangs.holdsBack(MANY)).toBe(false);
});
