import { afterAll, beforeAll, expect, test } from "vitest";
import {
  answer,
  aTool,
  discovered,
  type ScriptedServer,
  startScriptedServer,
} from "../mcp-servers/testing/scripted-server.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../testing/index.ts";
import { mcpCalls } from "./testing/mcp-calls.ts";

/** What is refused before an agent is asked costs a token, and one, as a call does. */

const BURST = 5;
/** None flows back while the tests run. */
const RATE = 0.0001;
const V = "dev.agentgate/";
const skill = {
  id: "find-flight",
  name: "Find a flight",
  description: "Finds the cheapest flight.",
  input_schema: { type: "object", properties: { from: { type: "string" } }, required: ["from"] },
};

let gate: TestGateway;
let agent: TestAgent;
let server: ScriptedServer;
beforeAll(async () => {
  gate = await startTestGateway("sqlite", { rateLimit: RATE, rateBurst: BURST });
  agent = await startAgent();
  server = await startScriptedServer((asked, response) => {
    if (asked.method === "server/discover") return answer(asked, response, discovered());
    if (asked.method === "tools/list") {
      return answer(asked, response, { tools: [aTool()], ttlMs: 3_600_000, cacheScope: "public" });
    }
    return answer(asked, response, { content: [{ type: "text", text: "done" }] });
  });
});
afterAll(async () => {
  await gate.close();
  await agent.close();
  await server.close();
});

const { call } = mcpCalls(() => gate.url);
const capabilities = { extensions: { "io.modelcontextprotocol/tasks": {} } };

/** What is told of as many as there are tokens for, and of one more. */
async function toldOf(path: string, method: string, params: object, key: string) {
  const told: unknown[] = [];
  for (let asked = 0; asked <= BURST; asked++) {
    const { frame } = await call(path, method, params, { key, capabilities });
    told.push(frame.error?.data?.status ?? frame.result?._meta?.[`${V}problem`]?.status);
  }
  return told;
}

const owned = () => gate.createOrg(`paced-${Math.random()}`, { rate_limit: RATE, rate_burst: BURST });
const all = (status: number) => [...Array.from({ length: BURST }, () => status), 429];

test.each<[what: string, status: number, method: string, params: (name: string) => object]>([
  ["arguments that do not fit", 422, "tools/call", (name) => ({ name, arguments: { from: 1 } })],
  ["arguments that are none", 400, "tools/call", (name) => ({ name, arguments: [] })],
  ["a tool that is not there", 400, "tools/call", () => ({ name: "nobody__does" })],
  [
    "an answer to nothing that was asked",
    400,
    "tools/call",
    (name) => ({ name, requestState: "forged", inputResponses: {} }),
  ],
  [
    "arguments that do not fit a tool that is called through",
    422,
    "tools/call",
    (name) => ({ name: "agentgate__call_tool", arguments: { name, arguments: { from: 1 } } }),
  ],
  [
    "a tool that is not there to be called through",
    422,
    "tools/call",
    () => ({ name: "agentgate__call_tool", arguments: { name: "nobody__does" } }),
  ],
  ["a search that is none", 422, "tools/call", () => ({ name: "agentgate__search_tools", arguments: { query: 1 } })],
  ["a task that is not there", 400, "tasks/get", () => ({ taskId: "nothing" })],
  ["a cursor of no list's", 400, "tools/list", () => ({ cursor: "nothing" })],
])("of all agents: %s", async (_, status, method, params) => {
  const { key } = await owned();
  const { slug } = await gate.register({ name: "Paced", url: agent.url, skills: [skill] }, key);
  expect(await toldOf("/mcp", method, params(`${slug}__find-flight`), key)).toEqual(all(status));
});

test.each<[what: string, status: number, method: string, params: object]>([
  ["arguments that do not fit", 422, "tools/call", { name: "look", arguments: { q: 7 } }],
  ["arguments that are none", 400, "tools/call", { name: "look", arguments: [] }],
  ["a tool that is not there", 400, "tools/call", { name: "nothing", arguments: {} }],
  ["a call that names no tool", 400, "tools/call", { arguments: {} }],
  ["a state that is not this caller's", 400, "tools/call", { name: "look", arguments: {}, requestState: "forged" }],
  ["a task that is not there", 400, "tasks/get", { taskId: "nothing" }],
])("of an agent that is a server: %s", async (_, status, method, params) => {
  const { key } = await owned();
  const { id } = await gate.register({ protocol: "mcp", url: server.url }, key);
  expect(await toldOf(`/agents/${id}/mcp`, method, params, key)).toEqual(all(status));
});
