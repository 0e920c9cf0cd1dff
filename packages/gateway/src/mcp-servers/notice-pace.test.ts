import type { ServerResponse } from "node:http";
import { SOON_MS } from "@agentgate/testing";
import { expect, test } from "vitest";
import { openDialer } from "../outbound/testing/open-dialer.ts";
import { ManualClock, systemRandom } from "../runtime/index.ts";
import { NoticePace } from "./notice-pace.ts";
import { ServerCalls } from "./server-call.ts";
import { ServerFlood } from "./server-error.ts";
import { SessionStream } from "./session-stream.ts";
import { placeOf } from "./testing/open-servers.ts";
import { type AskedOfServer, event, startScriptedServer } from "./testing/scripted-server.ts";
import { watchServer } from "./watched-server.ts";

const CHANGED = event({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
const LOGGED = event({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x" } });
const MODERN = { era: "modern", version: "2026-07-28" } as const;
const LEGACY = { era: "legacy", version: "2025-11-25" } as const;

const placed = (owner: string, agentId: string) => ({ ...placeOf("http://127.0.0.1:1/mcp"), owner, agentId });

/** How many of so many messages are heard before one is too many. */
function heardOf(pace: NoticePace, place: ReturnType<typeof placed>, messages: number, length = 60): number {
  for (let heard = 0; heard < messages; heard++) {
    try {
      pace.count(place, length);
    } catch (error) {
      expect(error).toBeInstanceOf(ServerFlood);
      return heard;
    }
  }
  return messages;
}

test("a server that floods is not listened to for a while, ever longer; others are", () => {
  const clock = new ManualClock();
  const pace = new NoticePace(clock);
  const [loud, other] = [placed("ann", "loud"), placed("ann", "other")];
  const deaf: number[] = [];
  for (let times = 0; times < 12; times++) {
    expect(heardOf(pace, loud, 100_000)).toBeLessThanOrEqual(4_000);
    expect([pace.isDeafTo(loud), pace.isDeafTo(other)]).toEqual([true, false]);
    let ms = 0;
    for (; pace.isDeafTo(loud); ms += 1_000) clock.advance(1_000);
    deaf.push(ms);
  }
  expect(deaf.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
  expect(Math.max(...deaf)).toBe(300_000);
  expect(heardOf(pace, other, 100)).toBe(100);
  clock.advance(3_600_000);
  heardOf(pace, loud, 100_000);
  clock.advance(1_000);
  expect(pace.isDeafTo(loud)).toBe(false);
});

test("a server that says something all day long is heard, one owner's hundred servers together are not, and others' are", () => {
  const clock = new ManualClock();
  const pace = new NoticePace(clock);
  for (let second = 0; second < 600; second++) {
    expect(heardOf(pace, placed("ann", "steady"), 150)).toBe(150);
    clock.advance(1_000);
  }
  let heard = 0;
  for (let server = 0; server < 100; server++) heard += heardOf(pace, placed("bob", `${server}`), 1_000);
  expect(heard).toBe(16_000);
  expect(heardOf(pace, placed("eve", "quiet"), 100)).toBe(100);
});

test("a long message counts as many", () => {
  const pace = new NoticePace(new ManualClock());
  expect(heardOf(pace, placed("ann", "long"), 1_000, 1_048_576)).toBe(15);
});

async function stand() {
  const streams: { asked: AskedOfServer; response: ServerResponse; sent: number }[] = [];
  let words = CHANGED;
  const server = await startScriptedServer((asked, response) => {
    if (asked.method === "initialize") {
      response.writeHead(200, { "content-type": "application/json", "mcp-session-id": "one" });
      const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "x", version: "1" } };
      return response.end(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result }));
    }
    if (asked.method !== "GET" && asked.method !== "subscriptions/listen") return response.writeHead(202).end();
    response.writeHead(200, { "content-type": "text/event-stream" });
    const stream = { asked, response, sent: 0 };
    streams.push(stream);
    const flood = () => {
      while (!response.destroyed) {
        stream.sent++;
        if (!response.write(words.repeat(100))) return response.once("drain", flood);
      }
      return undefined;
    };
    return flood();
  });
  const clock = new ManualClock();
  const dialer = openDialer();
  const calls = new ServerCalls({ dialer, clock, random: systemRandom, client: { name: "agentgate", version: "0" } });
  return {
    ...{ streams, clock, calls },
    place: { ...placeOf(server.url), agentId: "loud" },
    say(text: string) {
      words = text;
    },
    async [Symbol.asyncDispose]() {
      await dialer.close(0);
      await server.close();
    },
  };
}

test.each([MODERN, LEGACY])(
  "a watched server of the $era era that floods ends its stream, and is not asked again at once",
  async (speech) => {
    await using at = await stand();
    let changes = 0;
    const watcher = { onOpen() {}, onChanged: () => changes++ };
    const watch = () => watchServer(at.place, speech, watcher, at.calls).response;
    await expect(watch()).rejects.toThrow(ServerFlood);
    expect(changes).toBe(4_000);
    await expect(watch()).rejects.toThrow(ServerFlood);
    expect(at.streams).toHaveLength(1);
    at.clock.advance(1_000);
    await expect(watch()).rejects.toThrow(ServerFlood);
    expect([at.streams.length, changes]).toEqual([2, 4_200]);
  },
);

test.each([
  ["log lines", LOGGED],
  ["comments", ":\n\n"],
])("the stream of a session is left when its server floods it with %s, and taken up later", async (_, words) => {
  await using at = await stand();
  at.say(words);
  const stream = new SessionStream(at.calls, at.clock, { place: at.place, speech: LEGACY, session: "one" });
  const attend = async () => (await stream.attend({ onAsked() {} }))();
  const isLeft = () =>
    expect.poll(() => at.streams.every(({ response }) => response.destroyed), { timeout: SOON_MS }).toBe(true);
  await attend();
  await isLeft();
  for (let calls = 0; calls < 5; calls++) await attend();
  expect(at.streams).toHaveLength(1);
  at.clock.advance(1_000);
  await attend();
  await isLeft();
  expect(at.streams).toHaveLength(2);
});
