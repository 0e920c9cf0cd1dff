import fc from "fast-check";
import { expect, test } from "vitest";
import { readStream } from "./event-stream.ts";
import { collect } from "./testing/collect.ts";

const call = { path: "/agent/intents/report", missing: "intent_not_found" } as const;

function streamed(...chunks: (string | Uint8Array)[]): Response {
  const encoder = new TextEncoder();
  return new Response(
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
        controller.close();
      },
    }),
  );
}

const collectEvents = (response: Response, charactersMax = 10_000) =>
  collect(readStream(response, charactersMax, undefined, call));

test("progress and chunks, then the result; comments, ids and unknown events are passed over", async () => {
  const events = await collectEvents(
    streamed(
      ': open\n\nevent: progress\nid: 7\ndata: {"percent":50}\n\nretry: 10\nevent: chunk\ndata:"half"\n\n',
      'event: news\ndata: 1\n\nevent: result\ndata: {\ndata: "a":1}\n\nevent: chunk\ndata: "late"\n\n',
    ),
  );
  expect(events).toEqual([
    { event: "progress", data: { percent: 50 } },
    { event: "chunk", data: "half" },
    { event: "result", data: { a: 1 } },
  ]);
});

test("an error event is thrown as the error it stands for", async () => {
  const body = JSON.stringify({
    error: "out_of_stock",
    message: "Nothing left.",
    current_step: "",
    allowed_next_steps: [],
  });
  await expect(collectEvents(streamed(`event: error\ndata: ${body}\n\n`))).rejects.toMatchObject({
    name: "IntentError",
    code: "out_of_stock",
    message: "Nothing left.",
  });
});

test("a stream that ends without a result is an error", async () => {
  await expect(collectEvents(streamed("event: chunk\ndata: 1\n\n"))).rejects.toMatchObject({
    code: "invalid_response",
  });
});

test("an event without end is cut off", async () => {
  await expect(collectEvents(streamed("data: ", "x".repeat(2000)), 1000)).rejects.toMatchObject({
    code: "response_too_large",
  });
});

test("however the bytes are cut and whichever line ends are used, the events are the same", async () => {
  const expected = [
    { event: "chunk", data: "grüße 🍜" },
    { event: "result", data: { ok: true } },
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("\n", "\r", "\r\n"), fc.array(fc.nat(90)), async (newline, cuts) => {
      const text = ["event: chunk", 'data: "grüße 🍜"', "", "event: result", 'data: {"ok":true}', "", ""].join(newline);
      const bytes = new TextEncoder().encode(text);
      const edges = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
      const chunks = edges.slice(1).map((end, index) => bytes.slice(edges[index], end));
      expect(await collectEvents(streamed(...chunks))).toEqual(expected);
    }),
  );
});
