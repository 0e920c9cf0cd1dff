import { dialects } from "@agentgate/protocol/a2a";
import { expect, test } from "vitest";
import type { Take } from "../outbound/index.ts";
import { Payload } from "../routing/index.ts";
import { ManualClock } from "../runtime/index.ts";
import { FinalMarks } from "./final-marks.ts";

const update = (state: string) =>
  Payload.ofValue(dialects["1.0"], {
    statusUpdate: { taskId: "t", contextId: "c", status: { state: `TASK_STATE_${state}` } },
  });

/** What a 0.3 reader sees, as `<state>` or `<state> final`. */
function open(answer: () => boolean | Promise<boolean> = () => true) {
  const seen: string[] = [];
  const clock = new ManualClock();
  const take: Take<Payload> = ({ object }) => {
    const { status, final } = object as { status: { state: string }; final: boolean };
    seen.push(final ? `${status.state} final` : status.state);
    return answer();
  };
  return { marks: new FinalMarks(dialects["0.3"], take, clock), seen, clock };
}

test("an update that hands over the turn is final when the stream ends with it", async () => {
  const { marks, seen } = open();
  expect(marks.take(update("WORKING"))).toBe(true);
  expect(marks.take(update("INPUT_REQUIRED"))).toBe(true);
  expect(seen).toEqual(["working"]);
  await marks.end();
  expect(seen).toEqual(["working", "input-required final"]);
});

test("it is not when another event follows, or nothing for a while", async () => {
  const { marks, seen, clock } = open();
  marks.take(update("INPUT_REQUIRED"));
  clock.advance(60);
  marks.take(update("WORKING"));
  expect(seen).toEqual(["input-required", "working"]);
  marks.take(update("AUTH_REQUIRED"));
  clock.advance(99);
  expect(seen).toHaveLength(2);
  clock.advance(1);
  expect(seen).toEqual(["input-required", "working", "auth-required"]);
  await marks.end();
  expect(seen).toHaveLength(3);
});

test("a reader who lags has it after what came before", async () => {
  const lag = Promise.withResolvers<boolean>();
  const { marks, seen } = open(() => (seen.length === 1 ? lag.promise : true));
  const taken = marks.take(update("WORKING"));
  marks.take(update("INPUT_REQUIRED"));
  const ended = marks.end();
  expect(seen).toEqual(["working"]);
  lag.resolve(true);
  expect(await taken).toBe(true);
  await ended;
  expect(seen).toEqual(["working", "input-required final"]);
  expect(marks.take(update("WORKING"))).toBe(true);
});

test("a reader who wants no more gets no more", async () => {
  const { marks, seen } = open(() => false);
  expect(marks.take(update("WORKING"))).toBe(false);
  expect(marks.take(update("WORKING"))).toBe(false);
  marks.take(update("INPUT_REQUIRED"));
  await marks.end();
  expect(seen).toEqual(["working"]);
});
