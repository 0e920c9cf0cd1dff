import fc from "fast-check";
import { expect, test } from "vitest";
import { feeOf } from "./fee.ts";

test("fee and net are the price exactly, and the fee is the share to within half a micro-dollar (P7)", () => {
  const price = fc.bigInt({ min: 0n, max: 4_000_000_000_000_000n });
  const partsPerMillion = fc.integer({ min: 0, max: 1_000_000 });
  fc.assert(
    fc.property(price, partsPerMillion, (price, ppm) => {
      const { fee, net } = feeOf(price, ppm / 1e6);
      expect(fee + net).toBe(price);
      const error = fee * 1_000_000n - price * BigInt(ppm);
      expect(error <= 500_000n && error >= -500_000n).toBe(true);
      if (error === 500_000n || error === -500_000n) expect(fee % 2n).toBe(0n);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  [100_000n, 0.03, 3_000n],
  [1n, 0.03, 0n],
  [20n, 0.025, 0n],
  [60n, 0.025, 2n],
  [100n, 0.025, 2n],
  [140n, 0.025, 4n],
])("a half is rounded to even: %i at %d is %i", (price, share, fee) => {
  expect(feeOf(price, share).fee).toBe(fee);
});

test("what is not a price or not a share is refused", () => {
  expect(() => feeOf(-1n, 0.03)).toThrow(RangeError);
  for (const share of [-0.01, 1.01, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => feeOf(1n, share)).toThrow(RangeError);
});
