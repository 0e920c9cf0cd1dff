import { describe, expect, it } from "vitest";
import { EventStream } from "./event-stream.ts";

const open = (onCancel = () => {}, keepAliveMs?: number) => {
  const events = new EventStream(onCancel, keepAliveMs);
  return { events, reader: events[Symbol.asyncIterator]() };
};

async function readAll(reader: AsyncIterator<string, undefined>): Promise<string[]> {
  const frames: string[] = [];
  for (let next = await reader.next(); !next.done; next = await reader.next()) frames.push(next.value);
  return frames;
}

describe("EventStream", () => {
  it("ends with exactly one terminal event", async () => {
    const { events, reader } = open();
    await events.emit("chunk", "a\nb");
    events.end("result", "1");
    events.end("error", "2");
    await events.emit("chunk", "late");
    expect(await readAll(reader)).toEqual([
      ": open\n\n",
      'event: chunk\ndata: "a\\nb"\n\n',
      "event: result\ndata: 1\n\n",
    ]);
  });

  it("tells a writer that waits what is no JSON, and leaves one that does not alone", async () => {
    const { events, reader } = open();
    const unhandled: unknown[] = [];
    const listen = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", listen);
    void events.emit("chunk", 1n);
    await expect(events.emit("chunk", 1n)).rejects.toThrow(TypeError);
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off("unhandledRejection", listen);
    events.end("result", "1");
    expect([unhandled, (await readAll(reader)).length]).toEqual([[], 2]);
  });

  it("holds the writer back until the reader has caught up", async () => {
    const { events, reader } = open();
    let written = 0;
    const writing = (async () => {
      for (; written < 100; written++) await events.emit("progress", written);
      events.end("result", "null");
    })();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(written).toBeLessThan(20);
    expect(await readAll(reader)).toHaveLength(102);
    await writing;
  });

  it("gives up on a reader that lets a careless writer fill the buffer", async () => {
    let cancelled = 0;
    const { events, reader } = open(() => cancelled++);
    for (let i = 0; i < 2000; i++) void events.emit("chunk", "x".repeat(1000));
    expect(cancelled).toBe(1);
    const frames = await readAll(reader);
    expect(frames.length).toBeLessThan(1100);
    expect(frames.at(-1)).toMatch(/^event: error\ndata: {"error":"timeout"/);
  });

  it("tells once when the reader leaves, even while it waits for a frame", async () => {
    let cancelled = 0;
    const { events, reader } = open(() => cancelled++);
    await reader.next();
    const waiting = reader.next();
    await reader.return!();
    await reader.return!();
    expect([(await waiting).done, cancelled]).toEqual([true, 1]);
    await events.emit("chunk", "nobody listens");
    const done = open(() => cancelled++);
    done.events.end("result", "1");
    await readAll(done.reader);
    await done.reader.return!();
    expect(cancelled).toBe(1);
  });

  it("sends comments while there is nothing to say", async () => {
    const { events, reader } = open(undefined, 5);
    await reader.next();
    expect((await reader.next()).value).toBe(": keep-alive\n\n");
    events.end("result", "1");
    expect((await reader.next()).value).toBe("event: result\ndata: 1\n\n");
  });
});
