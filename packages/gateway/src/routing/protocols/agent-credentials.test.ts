import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../../testing/index.ts";

/** What the gateway asks a token endpoint for, what it takes for a token, and how long it shows one. */

let gate: TestGateway;
let agent: TestAgent;
let issuer: Server;
let token_url: string;
let id: string;
let answer: [status: number, body: string];
const asked: { headers: Record<string, unknown>; form: object }[] = [];
beforeAll(async () => {
  gate = await startTestGateway();
  agent = await startAgent();
  issuer = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      asked.push({ headers: request.headers, form: Object.fromEntries(new URLSearchParams(text)) });
      response.writeHead(answer[0], { "content-type": "application/json" }).end(answer[1]);
    });
  });
  await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
  token_url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/token`;
});
afterAll(async () => {
  await gate.close();
  await agent.close();
  issuer.close();
});
beforeEach(async () => {
  id = (await gate.register({ name: "guarded", url: agent.url })).id;
  asked.length = 0;
});

const use = (more: object = {}) =>
  gate.call("PUT", `/agents/${id}/credentials`, {
    type: "oauth2",
    token_url,
    client_id: `client of ${id}`,
    client_secret: "canary:secret",
    ...more,
  });
const send = () => gate.call("POST", `/agents/${id}/task`, textTask("hi"));
const granted = (more: object) => JSON.stringify({ access_token: "a-token", token_type: "Bearer", ...more });

test.each([
  ["with a scope", { scope: "tasks:send" }],
  ["without one", {}],
])("client credentials are asked for as RFC 6749 has it, %s", async (_, scope) => {
  await use(scope);
  answer = [200, granted({ expires_in: 3600 })];
  expect((await send()).status).toBe(200);
  const named = `client%20of%20${id}:canary%3Asecret`;
  expect(asked).toMatchObject([
    {
      headers: {
        authorization: `Basic ${Buffer.from(named).toString("base64")}`,
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      form: { grant_type: "client_credentials", ...scope },
    },
  ]);
  expect("scope" in asked[0]!.form).toBe("scope" in scope);
  expect(agent.received.at(-1)!.headers.authorization).toBe("Bearer a-token");
});

test.each<[named: string, lifetime: object, keptS: number, endedS: number]>([
  ["an hour", { expires_in: 3600 }, 3500, 90],
  ["an hour, as text", { expires_in: "3600" }, 3500, 90],
  ["a few seconds", { expires_in: 20 }, 5, 6],
  ["no lifetime", {}, 250, 40],
])("a token of %s is shown until shortly before its end", async (_, lifetime, keptS, endedS) => {
  await use();
  answer = [200, granted(lifetime)];
  await send();
  gate.clock.skip(keptS * 1000);
  await send();
  expect(asked).toHaveLength(1);
  gate.clock.skip(endedS * 1000);
  await send();
  expect(asked).toHaveLength(2);
});

test.each<[what: string, status: number, body: string]>([
  ["a refusal, whatever it says", 401, granted({})],
  ["no JSON", 200, "a-token"],
  ["null", 200, "null"],
  ["no token", 200, "{}"],
  ["a token that is a number", 200, '{"access_token":7}'],
  ["an empty token", 200, '{"access_token":""}'],
  ["a token that no header can carry", 200, '{"access_token":"a\\r\\nx: y"}'],
])("%s gives no token, and the agent is not asked", async (_, status, body) => {
  await use();
  answer = [status, body];
  const before = agent.received.length;
  const { status: told, body: said } = await send();
  expect([told, said.detail]).toEqual([502, expect.stringContaining(`gave no token (HTTP ${status})`)]);
  expect(agent.received.length).toBe(before);
  // It is asked for again, for the next call may have more luck.
  answer = [200, granted({})];
  expect((await send()).status).toBe(200);
});
