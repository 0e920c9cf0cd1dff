import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { cardOf, type RawAgent, startRawAgent } from "./testing/raw-agent.ts";

/** What an agent says about its error, in spellings that no parser keeps. */
const spellings = [
  '[{"@type":"x","n":1.0}]',
  '[{"@type":"x","n":1.0,"big":12345678901234567890,"exp":1e400,"zero":-0,"s":"1.0","no":null},7.50,[]]',
];
let data = "";

let gate: TestGateway;
let agents: Record<"JSONRPC" | "HTTP+JSON", { agent: RawAgent; url: string }>;
beforeAll(async () => {
  gate = await startTestGateway();
  const failing = async (protocolBinding: string) => {
    const agent = await startRawAgent(
      ({ body, path }, response) => {
        const rpc = `{"jsonrpc":"2.0","id":${JSON.stringify(body.id)},"error":{"code":-32004,"message":"no","data":${data}}}`;
        const rest = `{"error":{"code":400,"status":"FAILED_PRECONDITION","message":"no","details":${data}}}`;
        const text = protocolBinding === "JSONRPC" ? rpc : rest;
        const streams = body.method === "SendStreamingMessage" || path === "/message:stream";
        if (!streams)
          response.writeHead(protocolBinding === "JSONRPC" ? 200 : 400, { "content-type": "application/json" });
        else response.writeHead(200, { "content-type": "text/event-stream" });
        response.end(streams ? `event: error\ndata: ${text}\n\n` : text);
      },
      (url) => cardOf(url, { supportedInterfaces: [{ url, protocolBinding, protocolVersion: "1.0" }] }),
    );
    return { agent, url: `${gate.url}/agents/${(await gate.register({ url: agent.url })).id}` };
  };
  agents = { JSONRPC: await failing("JSONRPC"), "HTTP+JSON": await failing("HTTP+JSON") };
});
afterAll(async () => {
  await gate.close();
  for (const { agent } of Object.values(agents)) await agent.close();
});

const params = '{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"hi"}]}}';
const asks = {
  JSONRPC: (method: string) => ["", `{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`],
  "HTTP+JSON": (method: string) => [method === "SendMessage" ? "/message:send" : "/message:stream", params],
} as const;

test.each(
  (["JSONRPC", "HTTP+JSON"] as const).flatMap((agent) =>
    (["JSONRPC", "HTTP+JSON"] as const).flatMap((caller) =>
      ["SendMessage", "SendStreamingMessage"].map((method) => [agent, caller, method] as const),
    ),
  ),
)("an agent of %s tells a caller of %s who asks for %s, number for number", async (binding, caller, method) => {
  const [path = "", body = ""] = asks[caller](method);
  const headers = { "content-type": "application/json", "a2a-version": "1.0" };
  for (data of spellings) {
    const answer = await fetch(agents[binding].url + path, { method: "POST", headers, body });
    expect(await answer.text()).toContain(`${caller === "JSONRPC" ? '"data"' : '"details"'}:${data}`);
  }
});
