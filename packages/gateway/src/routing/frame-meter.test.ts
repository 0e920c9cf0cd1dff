import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameMeter } from "./frame-meter.ts";

const TEXT = 1;
const CONTINUATION = 0;
const PING = 9;

function frame(opcode: number, isFinal: boolean, length: number, isMasked = true): Buffer {
  const head = [(isFinal ? 0x80 : 0) | opcode];
  const mask = isMasked ? 0x80 : 0;
  if (length < 126) head.push(mask | length);
  else if (length < 65_536) head.push(mask | 126, length >> 8, length & 255);
  else head.push(mask | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (length >> shift) & 255));
  return Buffer.concat([Buffer.from(head), Buffer.alloc(isMasked ? 4 : 0, 7), Buffer.alloc(length, 0x81)]);
}

const size = fc.oneof(fc.nat(130), fc.integer({ min: 65_530, max: 65_540 }), fc.nat(70_000));
/** Messages in fragments, with pings among them, cut anywhere. */
const conversation = fc.array(
  fc.record({
    fragments: fc.array(size, { minLength: 1, maxLength: 4 }),
    ping: fc.option(fc.nat(125), { nil: undefined }),
    isMasked: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

test("knows at every byte how much of an unfinished message has come, however it is cut", () => {
  fc.assert(
    fc.property(conversation, fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1 }), (messages, cuts) => {
      const bytes: Buffer[] = [];
      /** After how many bytes, how much of a message is there: at the ends of frames. */
      const expected = new Map<number, number>();
      let at = 0;
      const push = (piece: Buffer) => {
        bytes.push(piece);
        at += piece.length;
      };
      for (const { fragments, ping, isMasked } of messages) {
        let held = 0;
        for (const [i, length] of fragments.entries()) {
          const isFinal = i === fragments.length - 1;
          push(frame(i === 0 ? TEXT : CONTINUATION, isFinal, length, isMasked));
          held = isFinal ? 0 : held + length;
          expected.set(at, held);
          if (ping === undefined) continue;
          push(frame(PING, true, ping, isMasked));
          expected.set(at, held);
        }
      }
      const all = Buffer.concat(bytes);
      const meter = new FrameMeter();
      for (let from = 0, i = 0; from < all.length; i++) {
        // Every end of a frame is looked at.
        const end = [...expected.keys()].find((known) => known > from)!;
        const to = Math.min(from + cuts[i % cuts.length]!, end);
        meter.add(all.subarray(from, to));
        from = to;
        if (from === end) expect(meter.bytes).toBe(expected.get(end));
        expect(meter.cost).toBeGreaterThanOrEqual(meter.bytes);
      }
      expect([meter.bytes, meter.cost, meter.isBusy]).toEqual([0, 0, false]);
    }),
  );
});

test("a message in single bytes, or in empty fragments, costs more than its bytes", () => {
  const meter = new FrameMeter();
  for (const byte of frame(TEXT, true, 1_000).subarray(0, -1)) meter.add(Uint8Array.of(byte));
  expect([meter.bytes, meter.isBusy]).toEqual([999, true]);
  expect(meter.cost).toBeGreaterThan(200_000);
  const fragmented = new FrameMeter();
  fragmented.add(frame(TEXT, false, 0));
  for (let i = 0; i < 1_000; i++) fragmented.add(frame(CONTINUATION, false, 0));
  expect(fragmented.bytes).toBe(0);
  expect(fragmented.cost).toBeGreaterThan(200_000);
});

test("half of a ping is under way, all of it is not", () => {
  const meter = new FrameMeter();
  const ping = frame(PING, true, 100);
  meter.add(ping.subarray(0, 50));
  expect(meter.isBusy).toBe(true);
  meter.add(ping.subarray(50));
  expect([meter.isBusy, meter.bytes, meter.cost]).toEqual([false, 0, 0]);
});
