import { expect, test } from "vitest";
import type { Payload } from "../routing/index.ts";
import { systemRandom } from "../runtime/index.ts";
import { SkippableClock } from "../testing/skippable-clock.ts";
import { V1 } from "./agent-link.ts";
import type { StreamReply } from "./call.ts";
import { PiecewiseAnswer } from "./piecewise-answer.ts";

function begin() {
  const clock = new SkippableClock();
  const begun: StreamReply[] = [];
  let hasLeft = false;
  const answer = new PiecewiseAnswer({
    ...{ dialect: V1, taskId: "task", contextId: "context", endsAt: clock.monotonic() + 60_000, clock },
    random: systemRandom,
    begun: (reply) => void begun.push(reply),
    left: () => {
      hasLeft = true;
    },
  });
  return { answer, begun, clock, hasLeft: () => hasLeft };
}
/** Whatever is due by now has happened. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("a piece waits for its reader, and so does whoever says it: none is kept", async () => {
  const { answer, begun } = begin();
  let isTaken: boolean | undefined;
  const said = answer.piece("one").then((taken) => {
    isTaken = taken;
  });
  await settled();
  expect([begun.length, isTaken]).toEqual([1, undefined]);
  const taken: Payload[] = [];
  const slow = Promise.withResolvers<boolean>();
  const reading = begun[0]!.read((event) => {
    taken.push(event);
    return taken.length === 2 ? slow.promise : true;
  });
  await settled();
  expect([taken.length, isTaken]).toEqual([2, undefined]);
  slow.resolve(true);
  await said;
  expect(isTaken).toBe(true);
  answer.completed([{ text: "one" }]);
  await reading;
  expect(taken.map(({ object }) => Object.keys(object)[0])).toEqual([
    "task",
    "artifactUpdate",
    "artifactUpdate",
    "statusUpdate",
  ]);
});

test("a reader who does not catch up is waited for until the call has to be over, and then cut off", async () => {
  const { answer, begun, clock } = begin();
  void answer.piece("one");
  const lagging = Promise.withResolvers<void>();
  const sink = {
    closed: false,
    cut() {
      sink.closed = true;
      lagging.resolve();
    },
  };
  const caughtUp = begun[0]!.awaitReader(lagging.promise, sink);
  clock.skip(59_000);
  await settled();
  expect(sink.closed).toBe(false);
  clock.skip(1_000);
  expect(await caughtUp).toBe(false);
});

test("who has left takes no piece, not even one that waits for a reader", async () => {
  const { answer, begun, hasLeft } = begin();
  const waiting = answer.piece("one");
  begun[0]!.cancel();
  expect([await waiting, await answer.piece("two"), hasLeft()]).toEqual([false, false, true]);
  answer.failed("nobody hears this");
});
