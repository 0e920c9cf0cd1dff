import fc from "fast-check";
import { expect, test } from "vitest";
import type { OutboundBody } from "../../outbound/index.ts";
import { readLines } from "./read-lines.ts";

/** A body that comes in these pieces. */
function bodyOf(pieces: readonly Buffer[]) {
  const body = {
    kept: 0,
    read: async (take: (chunk: Buffer) => boolean | Promise<boolean>) => {
      for (const piece of pieces) if (!(await take(piece))) return;
    },
    keeps(bytes: number) {
      body.kept = bytes;
    },
  };
  return body as typeof body & OutboundBody;
}

const piecesOf = (text: string, cuts: readonly number[]): Buffer[] => {
  const bytes = Buffer.from(text);
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
};

const texts = fc.array(fc.constantFrom("a", "\n", "é", "\r", " ", "{}"), { maxLength: 30 }).map((all) => all.join(""));

test("lines are the same, however they come and whoever waits for each", async () => {
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.nat()), fc.boolean(), fc.nat(20), async (text, cuts, isWaiting, wanted) => {
      const lines: string[] = [];
      const onData = (line: string) => {
        lines.push(line);
        const more = lines.length <= wanted;
        return isWaiting ? Promise.resolve(more) : more;
      };
      const body = bodyOf(piecesOf(text, cuts));
      await readLines(body, { onData, onUnfinished() {} });
      const expected = text.split("\n").filter((line) => line !== "");
      expect(lines).toEqual(expected.slice(0, wanted + 1));
    }),
    { numRuns: 500 },
  );
});

test("what has no end yet is told, kept, and counted", async () => {
  const told: number[] = [];
  const body = bodyOf([Buffer.from("a\nbc"), Buffer.from("de"), Buffer.from("\n")]);
  const kept: number[] = [];
  const onData = (line: string) => {
    kept.push(body.kept);
    return line !== "";
  };
  await readLines(body, { onData, onUnfinished: (bytes) => told.push(bytes) });
  expect(told).toEqual([2, 4]);
  expect(kept[1]).toBeGreaterThanOrEqual(4);
  expect(body.kept).toBe(0);
});

test("a line too long ends the reading", async () => {
  const onUnfinished = () => {
    throw new Error("too long");
  };
  await expect(readLines(bodyOf([Buffer.from("abc")]), { onData: () => true, onUnfinished })).rejects.toThrow(
    "too long",
  );
});
