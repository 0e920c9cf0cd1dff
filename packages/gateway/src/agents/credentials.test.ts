import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rpcResult, startRawAgent } from "../a2a/testing/raw-agent.ts";
import { echo, startAgent, startTestGateway, type TestGateway, textTask } from "../testing/index.ts";

const answer = '{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[{"text":"raw"}]}}';

/** Whether the agents know the gateway no more. */
let refusing = false;

/** An agent of each contract, and what it was sent. */
const agents = {
  plain: () =>
    startAgent((task, response, request) => (refusing ? response.writeHead(401).end() : echo(task, response, request))),
  async a2a() {
    const agent = await startRawAgent(({ body }, response) => {
      if (refusing) return void response.writeHead(401).end();
      response.setHeader("content-type", "application/json");
      response.end(rpcResult(body.id, answer));
    });
    return { ...agent, url: `${agent.url}/` };
  },
};

let gate: TestGateway;
beforeAll(async () => {
  gate = await startTestGateway();
});
afterAll(() => gate.close());

describe.each(["plain", "a2a"] as const)("what the gateway shows an agent of the %s contract", (kind) => {
  let agent: Awaited<ReturnType<(typeof agents)[typeof kind]>>;
  let id: string;
  beforeAll(async () => {
    agent = await agents[kind]();
    id = (await gate.register(kind === "a2a" ? { url: agent.url } : { name: "guarded", url: agent.url })).id;
  });
  afterAll(() => agent.close());

  const put = (body: unknown) => gate.call("PUT", `/agents/${id}/credentials`, body);
  const sendTo = (path: string, body: unknown) =>
    fetch(`${gate.url}/agents/${id}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer callers-own", cookie: "c=1" },
      body: JSON.stringify(body),
    });
  const message = { message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "hi" }] } };
  const entrances: [path: string, body: unknown][] = [
    ["task", textTask("hi")],
    ["task/stream", textTask("hi")],
    ["message:send", message],
    ["message:stream", message],
  ];

  test("a header or a bearer token, over every entrance; the caller's own never does", async () => {
    for (const [path, body] of entrances) {
      await put({ type: "header", name: "X-API-Key", value: "canary-header" });
      const first = await sendTo(path, body);
      expect([path, first.status, await first.text()]).toEqual([path, 200, expect.not.stringContaining("canary")]);
      expect(agent.received.at(-1)!.headers).toMatchObject({ "x-api-key": "canary-header" });
      await put({ type: "bearer", token: "canary-bearer" });
      await (await sendTo(path, body)).text();
      const { headers } = agent.received.at(-1)!;
      expect([headers.authorization, headers["x-api-key"], headers.cookie]).toEqual([
        "Bearer canary-bearer",
        undefined,
        undefined,
      ]);
    }
    expect((await gate.call("DELETE", `/agents/${id}/credentials`)).status).toBe(204);
    await (await sendTo("task", textTask("hi"))).text();
    expect(agent.received.at(-1)!.headers.authorization).toBeUndefined();
    expect(JSON.stringify(agent.received)).not.toContain("callers-own");
  });

  test("OAuth 2 client credentials: one token for many calls; without one, 502 and nothing of the secret", async () => {
    const asked: string[] = [];
    const issuer = createServer((request, response) => {
      asked.push(request.headers.authorization ?? "");
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ access_token: "canary-token", token_type: "Bearer", expires_in: 3600 }));
    });
    await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
    const token_url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/token`;
    const credential = { type: "oauth2", token_url, client_id: kind, client_secret: "canary-secret", scope: "tasks" };
    await put(credential);
    await Promise.all(entrances.map(async ([path, body]) => (await sendTo(path, body)).text()));
    expect(agent.received.at(-1)!.headers.authorization).toBe("Bearer canary-token");
    expect(asked).toEqual([`Basic ${Buffer.from(`${kind}:canary-secret`).toString("base64")}`]);
    // A token that the agent refuses has been taken back: the next call fetches another.
    refusing = true;
    for (const [path, body] of entrances) await (await sendTo(path, body)).text();
    refusing = false;
    expect(asked.length).toBe(entrances.length);
    issuer.close();
    issuer.closeAllConnections();

    await put({ ...credential, client_id: "other" });
    const sentBefore = agent.received.length;
    const refused = await sendTo("task", textTask("hi"));
    expect([refused.status, await refused.text()]).toEqual([502, expect.not.stringContaining("canary")]);
    expect((await gate.call("GET", `/agents/${id}/logs?limit=1`)).body[0].error_detail).toBe("credentials");
    expect(agent.received).toHaveLength(sentBefore);
  });
});

test("nobody sees them: not the owner, not the card, not the database", async () => {
  const agent = await agents.a2a();
  const org = await gate.createOrg("credential owner");
  const { id } = await gate.register({ url: agent.url }, org.key);
  await gate.call("PUT", `/agents/${id}/credentials`, { type: "bearer", token: "canary-sealed" }, org.key);
  const stranger = await gate.createOrg("credential stranger");
  for (const method of ["GET", "PUT", "DELETE"]) {
    const body = method === "PUT" ? { type: "bearer", token: "mine" } : undefined;
    expect((await gate.call(method, `/agents/${id}/credentials`, body, stranger.key)).status).toBe(403);
  }
  const seen = await Promise.all(
    ["credentials", "card", "", "logs"].map((path) => gate.call("GET", `/agents/${id}/${path}`, undefined, org.key)),
  );
  expect(seen[0]!.body).toEqual({ type: "bearer" });
  expect(JSON.stringify(seen.map(({ body }) => body))).not.toContain("canary");
  for (const file of readdirSync(gate.config.dataDirectory)) {
    expect(readFileSync(`${gate.config.dataDirectory}/${file}`).includes("canary-sealed"), file).toBe(false);
  }
  expect((await gate.call("DELETE", `/agents/${id}/credentials`, undefined, org.key)).status).toBe(204);
  expect((await gate.call("GET", `/agents/${id}/credentials`, undefined, org.key)).status).toBe(404);
  await agent.close();
});

test.each([
  ["a header of the gateway's own", { type: "header", name: "Content-Length", value: "1" }],
  ["a line break", { type: "bearer", token: "a\r\nx: y" }],
  ["an unknown kind", { type: "password" }],
])("%s is refused", async (_, body) => {
  const agent = await startAgent();
  const { id } = await gate.register({ name: "guarded", url: agent.url });
  expect((await gate.call("PUT", `/agents/${id}/credentials`, body)).status).toBe(422);
  await agent.close();
});
