import fc from "fast-check";
import { expect, test } from "vitest";
import { FairShares } from "../runtime/index.ts";
import { Backlog } from "./backlog.ts";

/** A reader that takes nothing but when it is told to. */
function slowReader(shares = new FairShares(1e6), owner = "o") {
  const read: string[] = [];
  let isOpen = true;
  let resume = Promise.withResolvers<void>();
  const backlog = new Backlog({
    shares,
    owner,
    gapOf: (missed) => `gap ${missed};`,
    write(text) {
      read.push(text);
      return isOpen ? undefined : resume.promise;
    },
  });
  return {
    backlog,
    text: () => read.join(""),
    stop() {
      isOpen = false;
    },
    async go() {
      isOpen = true;
      resume.resolve();
      resume = Promise.withResolvers();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test("who reads hears all; who stops hears what fits, how many were missed, and what came after", async () => {
  const reader = slowReader();
  reader.backlog.add("a;");
  reader.stop();
  const line = `${"x".repeat(99_999)};`;
  for (let count = 0; count < 6; count++) reader.backlog.add(line);
  expect(reader.backlog.size).toBeLessThanOrEqual(262_144);
  await reader.go();
  reader.backlog.add("b;");
  // One was on its way, two waited.
  expect(reader.text().replaceAll(line, "x;")).toBe("a;x;x;x;gap 3;b;");
});

test("nothing waits for who has left, and his share is free", async () => {
  const shares = new FairShares(1_000);
  const [one, other] = [slowReader(shares, "one"), slowReader(shares, "other")];
  for (const { backlog, stop } of [one, other]) {
    stop();
    backlog.add("first");
    for (let count = 0; count < 100; count++) backlog.add("x".repeat(50));
  }
  expect(shares.used).toBeLessThanOrEqual(1_000);
  expect(other.backlog.size).toBeGreaterThan(200);
  one.backlog.close();
  other.backlog.close();
  expect(shares.used).toBe(0);
});

test("whatever comes and goes, each is read in order or counted as missed", async () => {
  const step = fc.constantFrom("add", "stop", "go");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 50, max: 300 }), async (steps, total) => {
      const reader = slowReader(new FairShares(total));
      let added = 0;
      for (const each of [...steps, "go", "go", "add"]) {
        if (each === "add") reader.backlog.add(`${++added};`);
        else if (each === "stop") reader.stop();
        else await reader.go();
      }
      let expected = 1;
      for (const part of reader.text().split(";").filter(Boolean)) {
        const missed = /^gap (\d+)$/.exec(part)?.[1];
        if (missed === undefined) expect(Number(part)).toBe(expected++);
        else expected += Number(missed);
      }
      expect(expected).toBe(added + 1);
    }),
  );
});
