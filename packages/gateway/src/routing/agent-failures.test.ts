import { freePort } from "@agentgate/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { type Answer, startAgent, startTestGateway, type TestGateway, textTask } from "../testing/index.ts";

/** What an agent answers; what the caller is told, and the log; and the headers beside it. */
const misbehaving: [string, Answer, number, string, Record<string, string>?][] = [
  [
    "a 4xx",
    (_, r) => {
      r.statusCode = 418;
      r.end('{"detail":"short and stout"}');
    },
    418,
    "http_418",
    { "x-agentgate-upstream-status": "418" },
  ],
  [
    "a 5xx",
    (_, r) => {
      r.statusCode = 503;
      r.end("down");
    },
    502,
    "http_503",
    { "x-agentgate-upstream-status": "503" },
  ],
  [
    "that it is too much",
    (_, r) => {
      r.statusCode = 429;
      r.end();
    },
    429,
    "http_429",
    { "retry-after": "1", "x-agentgate-upstream-status": "429" },
  ],
  ...(["7", "Wed, 21 Oct 2026 07:28:00 GMT"].map((retryAfter) => [
    `when to come back (${retryAfter})`,
    (_, r) => void r.writeHead(429, { "retry-after": retryAfter }).end(),
    429,
    "http_429",
    { "retry-after": retryAfter },
  ]) satisfies typeof misbehaving),
  [
    "that it is down, and when to come back",
    (_, r) => void r.writeHead(503, { "retry-after": "120" }).end("down"),
    502,
    "http_503",
    { "retry-after": "120", "x-agentgate-upstream-status": "503" },
  ],
  [
    "when to come back, in words of its own",
    (_, r) => void r.writeHead(429, { "retry-after": "in a while" }).end(),
    429,
    "http_429",
    { "retry-after": "1" },
  ],
  [
    "a redirect",
    (_, r) => {
      r.statusCode = 302;
      r.setHeader("location", "http://127.0.0.1:1/");
      r.end();
    },
    502,
    "http_302",
  ],
  ["no JSON", (_, r) => r.end("<html>"), 502, "invalid_response"],
  ["nothing", (_, r) => r.end(), 502, "invalid_response"],
  ["too much", (_, r) => r.end(`"${"x".repeat(200_000)}"`), 502, "invalid_response"],
  [
    "a reset",
    (_, r) => {
      r.destroy();
    },
    502,
    "protocol_error",
  ],
  [
    "half an answer",
    (_, r) => {
      r.setHeader("content-length", "100");
      r.write("{");
      setTimeout(() => r.destroy(), 20);
    },
    502,
    "protocol_error",
  ],
  ["silence", () => {}, 504, "timeout"],
  [
    "a trickle",
    (_, r) => {
      const timer = setInterval(() => r.write(" "), 50);
      r.on("close", () => clearInterval(timer));
    },
    504,
    "timeout",
  ],
];

describe.each(testEngines())("agents that fail, on %s", (engine) => {
  let gate: TestGateway;
  beforeAll(async () => {
    gate = await startTestGateway(engine, { responseBytesMax: 100_000 });
  });
  afterAll(() => gate.close());
  const send = (agentId: string) => gate.call("POST", `/agents/${agentId}/task`, textTask("x"), null);
  const lastLog = async (agentId: string) => (await gate.call("GET", `/agents/${agentId}/logs?limit=1`)).body[0];

  test.each(misbehaving)(
    "an agent that answers %s: the caller and the log are told",
    async (name, answer, status, logged, headers = {}) => {
      const bad = await startAgent(answer);
      const { id: badId } = await gate.register({ name, url: bad.url, timeout_ms: 30_000 });
      const asked = send(badId);
      if (status === 504) {
        await expect.poll(() => bad.received.length).toBe(1);
        gate.clock.skip(30_000);
      }
      const reply = await asked;
      expect([reply.status, typeof reply.body.detail]).toEqual([status, "string"]);
      expect(Object.fromEntries(reply.headers)).toMatchObject(headers);
      expect(await lastLog(badId)).toMatchObject({ status: "error", error_detail: logged });
      expect(bad.received).toHaveLength(1);
      await bad.close();
    },
  );

  test("an agent nobody answers for: 502, logged as connect_error", async () => {
    const { id: goneId, url } = await gate.register({ name: "gone", url: `http://127.0.0.1:${await freePort()}` });
    const { status, body } = await send(goneId);
    expect([status, body.detail]).toEqual([502, `Cannot reach agent at ${url}`]);
    expect(await lastLog(goneId)).toMatchObject({ error_detail: "connect_error", task_id: "task-1" });
  });
  test("metrics count them by kind", async () => {
    const { body } = await gate.call("GET", "/metrics");
    expect(body.errors_by_type).toMatchObject({ timeout: 2, connect_error: 1, invalid_response: 3 });
  });
});
