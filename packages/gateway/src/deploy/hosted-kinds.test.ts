import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { ADMIN_KEY, startTestGateway, type TestGateway, textTask } from "../testing/index.ts";
import { agentArchive } from "./testing/agent-archive.ts";
import { formOf, sendForm } from "./testing/form.ts";

let gate: TestGateway;
let other: TestGateway;
const directories: string[] = [];
const place = () => {
  const path = mkdtempSync(join(tmpdir(), "agentgate-kinds-"));
  directories.push(path);
  return path;
};
const engine = testEngines().at(-1)!;
const settings = {
  deployRuntime: "process",
  hostedFirstUser: 54_000,
  drainSeconds: 2,
  allowPrivateNetworks: false,
} as const;
beforeAll(async () => {
  gate = await startTestGateway(engine, { ...settings, dataDirectory: place(), nodeName: "first" });
  await gate.gateway.start();
  if (engine === "postgres") {
    other = await gate.another({ dataDirectory: place(), nodeName: "second" });
    await other.gateway.start();
  }
});
afterAll(async () => {
  await gate.close();
  for (const path of directories) rmSync(path, { recursive: true, force: true });
});

const deploy = async (archive: Buffer, at = gate) => {
  const { status, body } = await sendForm(at, formOf(archive), ADMIN_KEY);
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id as string;
};
const runs = (id: string, at = gate) =>
  expect
    .poll(async () => (await at.call("GET", `/deploy/${id}/status`)).body, { timeout: 60_000 })
    .toMatchObject({ running: true });
const ask = async (id: string, at = gate) => (await at.call("POST", `/agents/${id}/task`, textTask("x"))).status;

test.runIf(engine === "postgres")(
  "another node does not say what it cannot know, and what is done there is done here",
  async () => {
    const id = await deploy(agentArchive({ name: "far" }));
    await runs(id);
    expect(await ask(id)).toBe(200);
    const elsewhere = await other.call("POST", `/agents/${id}/task`, textTask("x"));
    expect([elsewhere.status, elsewhere.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await other.call("GET", `/deploy/${id}/status`)).body).toMatchObject({ running: true, node: "first" });
    expect(await other.call("GET", `/deploy/${id}/logs`)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("first") },
    });
    // Its health is the word of the node that runs it.
    await expect.poll(async () => (await other.call("GET", `/agents/${id}/health`)).body.status).toBe("healthy");

    expect(await deploy(agentArchive({ name: "far", version: "2" }), other)).toBe(id);
    await expect.poll(() => ask(id, other), { timeout: 60_000 }).toBe(200);
    await expect.poll(() => ask(id), { timeout: 60_000 }).toBe(503);
    expect((await gate.call("GET", `/deploy/${id}/status`)).body).toMatchObject({ running: true, node: "second" });

    expect((await gate.call("DELETE", `/deploy/${id}`)).status).toBe(200);
    await expect.poll(() => ask(id, other), { timeout: 60_000 }).toBe(503);
  },
);

const A2A = `
import { createServer } from "node:http";
const card = { protocolVersion: "0.3.0", name: "Carded", description: "Speaks A2A", version: "1.0.0", url: "http://localhost:9/rpc",
  preferredTransport: "JSONRPC", capabilities: {}, defaultInputModes: ["text/plain"], defaultOutputModes: ["text/plain"],
  skills: [{ id: "echo", name: "Echo", description: "Echoes", tags: [] }] };
createServer(async (request, response) => {
  response.setHeader("content-type", "application/json");
  if (request.url === "/.well-known/agent-card.json") return response.end(JSON.stringify(card));
  if (request.method !== "POST") return response.writeHead(404).end();
  let text = "";
  for await (const piece of request) text += piece;
  const { id } = JSON.parse(text);
  const result = { kind: "message", messageId: "m", role: "agent", parts: [{ kind: "text", text: "by A2A at " + request.url }] };
  response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
}).listen(process.env.PORT, "127.0.0.1");
`;

test("an agent of A2A is called where it runs, whatever address its card names", async () => {
  const id = await deploy(agentArchive({ name: "carded", program: A2A }));
  await runs(id);
  await expect
    .poll(async () => (await gate.call("GET", `/agents/${id}`)).body, { timeout: 60_000 })
    .toMatchObject({ protocol: "a2a", deployed: true });
  const { status, body } = await gate.call("POST", `/agents/${id}/task`, textTask("x"));
  expect([status, JSON.stringify(body)]).toEqual([200, expect.stringContaining("by A2A at /")]);
  const card = JSON.stringify((await gate.call("GET", `/agents/${id}/card`, undefined, null)).body);
  expect(card).not.toMatch(/localhost:9|hosted\.agentgate/);
  await gate.call("DELETE", `/deploy/${id}`);
});

test("dependencies are installed, and their install scripts are not run", { timeout: 60_000 }, async () => {
  const scripts = { preinstall: "touch ran", postinstall: "touch ran" };
  const more = [
    { name: "my-agent/package.json", content: JSON.stringify({ scripts, dependencies: { said: "file:./said" } }) },
    {
      name: "my-agent/said/package.json",
      content: JSON.stringify({ name: "said", version: "1.0.0", main: "index.js", scripts }),
    },
    {
      name: "my-agent/said/index.js",
      content: "module.exports = require('fs').existsSync(__dirname + '/ran') ? 'ran' : 'still';",
    },
  ];
  const program = `import said from "said"; import { existsSync } from "node:fs"; import { createServer } from "node:http";
console.log("scripts " + said + " " + existsSync("ran"));
createServer((_, response) => response.end("{}")).listen(process.env.PORT, "127.0.0.1");`;
  const id = await deploy(agentArchive({ name: "needy", program, more }));
  await expect
    .poll(async () => (await gate.call("GET", `/deploy/${id}/logs`)).body.logs, { timeout: 50_000 })
    .toContain("scripts still false");
  await gate.call("DELETE", `/deploy/${id}`);
});
