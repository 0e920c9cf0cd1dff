import { microDollarsFromNumber } from "@agentgate/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { dollarsIn } from "./dollars.ts";

test.each(["", "ten", "-1", "1e3", "1,5", "0x10", "1.0000001", "Infinity", ".5", "１", "99999999999"])(
  "%j is no amount",
  (text) => expect(dollarsIn(text)).toBeUndefined(),
);

test("what is typed is the amount, to the millionth", () => {
  expect([dollarsIn(" $25 "), dollarsIn("0.50"), dollarsIn("0")]).toEqual([25, 0.5, 0]);
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 4_000_000_000_000_000n }), (micros) => {
      const text = `${micros / 1_000_000n}.${`${micros % 1_000_000n}`.padStart(6, "0")}`;
      expect(microDollarsFromNumber(dollarsIn(text)!)).toBe(micros);
    }),
  );
});
