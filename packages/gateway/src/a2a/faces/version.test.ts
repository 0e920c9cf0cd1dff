import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../testing/index.ts";
import { callsTo, textMessage } from "../testing/calls.ts";
import { type RawAgent, startRawSpeaker } from "../testing/raw-agent.ts";

/** Which version of A2A a request speaks, and what is refused for it. */

let gate: TestGateway;
let raw: RawAgent;
let rawId: string;
beforeAll(async () => {
  gate = await startTestGateway();
  raw = await startRawSpeaker();
  rawId = (await gate.register({ url: raw.url })).id;
});
afterAll(async () => {
  await gate.close();
  await raw.close();
});

const { get, post, rpc } = callsTo(() => gate.url);

test.each([
  ["the header", { "a2a-version": "1.0" }, ""],
  ["a patch version", { "a2a-version": "1.0.1" }, ""],
  ["the query", {}, "?A2A-Version=1.0"],
  ["the query in another case", {}, "?a2a-version=1.0"],
  ["the first of several in the query", {}, "?A2A-Version=1.0&A2A-Version=9.9"],
  ["the method's grammar, where the query has a blank one", {}, "?A2A-Version=%20"],
  ["the method's grammar", {}, ""],
])("the version comes from %s", async (_, headers, query) => {
  expect((await rpc(rawId, "SendMessage", textMessage(), headers as never, query)).result.message.parts).toEqual([
    { text: "raw" },
  ]);
  expect(raw.received.at(-1)?.headers["a2a-version"]).toBe("1.0");
});

test("a version that is unknown, and a method of the other one, are refused", async () => {
  const unknown = await rpc(rawId, "SendMessage", textMessage(), { "a2a-version": "9.9" });
  expect(unknown.error).toMatchObject({
    code: -32009,
    data: [
      {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        reason: "VERSION_NOT_SUPPORTED",
        domain: "a2a-protocol.org",
      },
    ],
  });
  expect((await rpc(rawId, "message/send", textMessage(), { "a2a-version": "1.0" })).error.code).toBe(-32601);
  expect((await rpc(rawId, "SendMessage", textMessage(), { "a2a-version": "0.3" })).error.code).toBe(-32601);
});

test("versions that are unknown, and 1.0's paths in 0.3, are refused over HTTP+JSON too", async () => {
  const reason = async (path: string, version: string) => {
    const response = await post(`/agents/${rawId}/${path}`, textMessage(), { "a2a-version": version });
    const body: any = await response.json();
    return [response.status, body.error?.details[0].reason ?? body.code];
  };
  expect(await reason("message:send", "9.9")).toEqual([400, "VERSION_NOT_SUPPORTED"]);
  expect(await reason("message:send", "0.3.0")).toEqual([400, "VERSION_NOT_SUPPORTED"]);
  expect(await reason("message:send?A2A-Version=9.9", "")).toEqual([400, "VERSION_NOT_SUPPORTED"]);
  expect(await reason("v1/message:send", "9.9")).toEqual([400, -32009]);
});

test("0.3's older neighbours: kind or type, 0.2's extended card", async () => {
  const parts = [{ type: "text", text: "hi" }];
  const sent = await rpc(rawId, "message/send", { message: { messageId: "m", role: "user", parts } });
  expect(sent.result).toMatchObject({ kind: "message", role: "agent", parts: [{ kind: "text", text: "raw" }] });
  expect((await get(`/agents/${rawId}/agent/authenticatedExtendedCard`)).status).toBe(400);
});
