import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, it } from "vitest";
import { BodyBytes } from "./body-bytes.ts";

it("gives back the text, however it was cut", () => {
  const cuts = fc.array(fc.nat(7), { maxLength: 50 });
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 100 }), cuts, (text, sizes) => {
      const bytes = new TextEncoder().encode(text);
      const body = new BodyBytes();
      let at = 0;
      for (const size of [...sizes, bytes.length]) {
        body.add(bytes.subarray(at, at + size));
        at += size;
      }
      expect([body.text(), body.length]).toEqual([text.replace(/^\ufeff/, ""), bytes.length]);
    }),
  );
});

it("holds on to none of many chunks", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const body = new BodyBytes();
  const chunks = Array.from({ length: 1000 }, (_, i) => {
    const chunk = new Uint8Array(1).fill(i);
    body.add(chunk);
    return new WeakRef(chunk);
  });
  return new Promise<void>((resolve) => setTimeout(resolve)).then(() => {
    collect();
    expect(chunks.filter((chunk) => chunk.deref()).length).toBeLessThan(10);
    expect(body.length).toBe(1000);
  });
});
