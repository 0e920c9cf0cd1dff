import { methodOf, operations } from "@agentgate/protocol/a2a";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { type RawAgent, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** Whatever a caller or an agent sends, the gateway answers in the protocol's words, and lives. */

let gate: TestGateway;
let agent: RawAgent;
let url: string;
let answer = "";
beforeAll(async () => {
  gate = await startTestGateway();
  agent = await startRawAgent((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end(answer);
  });
  url = `${gate.url}/agents/${(await gate.register({ url: agent.url })).id}`;
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

const keys = [
  "message",
  "parts",
  "role",
  "messageId",
  "taskId",
  "id",
  "configuration",
  "url",
  "kind",
  "__proto__",
  "data",
];
const json = fc.oneof(
  fc.object({ key: fc.constantFrom(...keys), maxDepth: 4 }),
  fc.jsonValue(),
  fc.constantFrom(null, [], {}, "", "\ud800", 1e308, -0),
);
const methods = operations.flatMap((operation) =>
  [operation, methodOf(operation, "0.3")].filter((name) => name !== undefined),
);
const versions = fc.constantFrom("", "1.0", "0.3", "0.3.0", "2.0", "x");

test("callers' parameters, of either version, in either binding", async () => {
  answer = rpcResult(1, '{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[]}}');
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...methods), json, versions, async (method, params, version) => {
      const headers = { "content-type": "application/json", ...(version && { "a2a-version": version }) };
      const body = JSON.stringify({ jsonrpc: "2.0", id: "x", method, params });
      const response = await fetch(url, { method: "POST", headers, body });
      const text = await response.text();
      const envelope = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text);
      expect([envelope.jsonrpc, envelope.id, response.status < 500], text).toEqual(["2.0", "x", true]);
      expect(envelope.error?.code).not.toBe(-32603);
      for (const path of ["/message:send", "/v1/message:send", "/tasks/x/pushNotificationConfigs"]) {
        const rest = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(params) });
        expect(rest.status, await rest.text()).toBeLessThan(500);
      }
    }),
    { numRuns: 150 },
  );
});

test("agents' answers, in either version of the caller", async () => {
  const results = fc.oneof(
    json,
    json.map((task) => ({ task })),
    json.map((message) => ({ message })),
  );
  await fc.assert(
    fc.asyncProperty(results, fc.constantFrom("1.0", "0.3"), fc.boolean(), async (result, version, isStream) => {
      answer = rpcResult(1, JSON.stringify(result));
      const method = version === "1.0" ? "SendMessage" : "message/send";
      const streaming = version === "1.0" ? "SendStreamingMessage" : "message/stream";
      const part = version === "1.0" ? { text: "hi" } : { kind: "text", text: "hi" };
      const message = { messageId: "m", role: version === "1.0" ? "ROLE_USER" : "user", parts: [part] };
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", "a2a-version": version },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: isStream ? streaming : method, params: { message } }),
      });
      const text = await response.text();
      const envelope = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text);
      expect([envelope.id, response.status < 500], text).toEqual([1, true]);
      if (envelope.error) expect([-32006, -32001]).toContain(envelope.error.code);
    }),
    { numRuns: 150 },
  );
});
