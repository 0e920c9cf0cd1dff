import fc from "fast-check";
import { expect, test } from "vitest";
import { KeptBytes } from "./kept-bytes.ts";

/** Chunks as a socket's reads give them: slices of something larger. */
const chunks = fc.array(
  fc.record({ length: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 70_000 })), read: fc.nat({ max: 65_536 }) }),
  { maxLength: 30 },
);

test("however a body is cut, it is given back whole, in less than four times its bytes", () => {
  fc.assert(
    fc.property(chunks, (cut) => {
      const kept = new KeptBytes();
      const all: Buffer[] = [];
      for (const [index, { length, read }] of cut.entries()) {
        const chunk = Buffer.from(new ArrayBuffer(length + read), 0, length).fill(index + 1);
        all.push(chunk);
        kept.add(chunk);
        expect(kept.capacity).toBeLessThanOrEqual(Math.max(4 * kept.length, kept.length + 65_536));
        if (kept.length > 1024 * 1024) expect(kept.capacity).toBeLessThanOrEqual(2 * kept.length + 65_536);
      }
      const shown: Buffer[] = [];
      kept.show((bytes) => shown.push(Buffer.from(bytes)));
      const whole = Buffer.concat(all);
      expect(Buffer.concat(shown).equals(whole)).toBe(true);
      expect(kept.take().equals(whole)).toBe(true);
      expect([kept.length, kept.capacity, kept.take().length]).toEqual([0, 0, 0]);
    }),
    { numRuns: 60 },
  );
});
