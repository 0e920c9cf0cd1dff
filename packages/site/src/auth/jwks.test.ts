import type { RequestListener, ServerResponse } from "node:http";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { describe, expect, it, onTestFinished } from "vitest";
import { AgentApp } from "../index.ts";
import { agentOf } from "../testing/agent-calls.ts";
import { serve } from "../testing/serve.ts";
import { jwt } from "./jwt.ts";
import { keySetFetch } from "./key-set-fetch.ts";

const pairs = await Promise.all(Array.from({ length: 3 }, () => generateKeyPair("ES256", { extractable: true })));
const jwks: JWK[] = await Promise.all(
  pairs.map(async ({ publicKey }, i) => ({ ...(await exportJWK(publicKey)), alg: "ES256", kid: `${i}` })),
);
const options = { issuer: "https://login.test", audience: "https://shop.test" };

const token = (signer = 0, kid: string | undefined = "0") =>
  new SignJWT({})
    .setProtectedHeader({ alg: "ES256", ...(kid && { kid }) })
    .setIssuer(options.issuer)
    .setAudience(options.audience)
    .setSubject("alice")
    .setExpirationTime("5m")
    .sign(pairs[signer]!.privateKey);

/** A site whose issuer answers as told. */
async function site(answer: RequestListener) {
  const errors: unknown[] = [];
  let asked = 0;
  const { url, close } = await serve((request, response) => {
    asked++;
    answer(request, response);
  });
  onTestFinished(close);
  const auth = jwt({ ...options, jwksUri: `${url}/jwks` });
  const app = new AgentApp({ title: "Shop", auth, onError: (error) => errors.push(error) }).intent("whoami", {
    description: "Tells who calls",
    handler: (_input, { principal }) => principal?.subject,
  });
  const agent = agentOf(app);
  const call = async (bearer: string | Promise<string> = token()) =>
    agent.intent("whoami", {}, { Authorization: `Bearer ${await bearer}` });
  return { call, errors, asked: () => asked, url };
}

const send = (response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}) =>
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
const keySet = JSON.stringify({ keys: jwks });

describe("an issuer", () => {
  it.each<[string, RequestListener]>([
    ["answers 500", (_, response) => send(response, 500, "{}")],
    ["answers 404", (_, response) => send(response, 404, "{}")],
    ["answers HTML", (_, response) => send(response, 200, "<html>Sign in</html>", { "content-type": "text/html" })],
    ["redirects", (_, response) => send(response, 302, "", { location: "/elsewhere" })],
    ["answers no key set", (_, response) => send(response, 200, '{"keys":"none"}')],
    ["answers null", (_, response) => send(response, 200, "null")],
    ["answers keys that are none", (_, response) => send(response, 200, '{"keys":["none"]}')],
    ["has a broken key", (_, response) => send(response, 200, JSON.stringify({ keys: [{ ...jwks[0], x: "AA" }] }))],
    [
      "answers more than a key set can be",
      (_, response) => send(response, 200, `{"keys":["${"x".repeat(2_000_000)}"]}`),
    ],
    [
      "answers too many levels",
      (_, response) => send(response, 200, `{"keys":[${"[".repeat(50_000)}${"]".repeat(50_000)}]}`),
    ],
    ["breaks off", (_, response) => void response.writeHead(200).write("{", () => response.destroy())],
  ])("that %s is the site's trouble, not the token's", async (_name, answer) => {
    const { call, errors } = await site(answer);
    const { status, body, headers } = await call();
    expect([status, body.error, headers.get("retry-after")]).toEqual([503, "unavailable", "5"]);
    expect(headers.get("www-authenticate")).toBeNull();
    expect(errors).toHaveLength(1);
    expect(JSON.stringify(body)).not.toContain("127.0.0.1");
  });

  it("that cannot be reached, too", async () => {
    const auth = jwt({ ...options, jwksUri: "http://127.0.0.1:1/jwks" });
    const app = new AgentApp({ title: "Shop", auth, onError: () => {} }).intent("x", {
      description: "x",
      handler: () => 1,
    });
    expect((await agentOf(app).intent("x", {}, { Authorization: `Bearer ${await token()}` })).status).toBe(503);
  });

  it.each<[string, RequestListener]>([
    ["head", () => {}],
    ["body", (_, response) => void response.writeHead(200).write("{")],
  ])(
    "that hangs in its %s is given up after five seconds, once for all who wait",
    async (_name, answer) => {
      const { call, asked } = await site(answer);
      const started = performance.now();
      const replies = await Promise.all(Array.from({ length: 20 }, () => call()));
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([503]));
      expect(performance.now() - started).toBeLessThan(9_000);
      expect(asked()).toBe(1);
    },
    20_000,
  );

  it("in trouble is asked once in a while, and trusted when it is back", async () => {
    let isDown = true;
    const { call, asked } = await site((_, response) => send(response, isDown ? 500 : 200, isDown ? "" : keySet));
    for (let i = 0; i < 20; i++) expect((await call()).status).toBe(503);
    expect(asked()).toBe(1);
    isDown = false;
    await expect.poll(async () => (await call()).status, { timeout: 60_000, interval: 500 }).toBe(200);
  });

  it("has its failure remembered for five seconds, by any clock", async () => {
    let clock = 1e12;
    let asked = 0;
    const answers = [500, 500, 200];
    const send = async () => Response.json({ keys: [] }, { status: answers[asked++]! });
    const fetchKeys = keySetFetch(send as never, () => clock);
    const outcomes = [];
    for (const waitMs of [0, 4_999, 1, -10_000]) {
      clock += waitMs;
      outcomes.push(await fetchKeys("https://login.test", {}).then(({ status }) => status, String));
    }
    expect(outcomes.map((outcome) => /500|200/.exec(`${outcome}`)?.[0])).toEqual(["500", "500", "500", "200"]);
    expect(asked).toBe(3);
  });

  it("is not asked for every token with a key that it does not have", async () => {
    const { call, asked, errors } = await site((_, response) => send(response, 200, keySet));
    for (let i = 0; i < 30; i++) {
      const { status, headers } = await call(token(1, `unknown-${i}`));
      expect([status, headers.get("www-authenticate")]).toEqual([401, expect.stringContaining("invalid_token")]);
    }
    expect((await call()).body).toBe("alice");
    expect(asked()).toBe(1);
    expect(errors).toEqual([]);
  });

  it("whose tokens do not say which key they are signed with has every key tried", async () => {
    const { call } = await site((_, response) => send(response, 200, keySet));
    for (const signer of [0, 1, 2]) expect((await call(token(signer, ""))).body).toBe("alice");
    const stranger = await generateKeyPair("ES256");
    const foreign = new SignJWT({}).setProtectedHeader({ alg: "ES256" }).setIssuer(options.issuer);
    const wrong = foreign
      .setAudience(options.audience)
      .setSubject("eve")
      .setExpirationTime("5m")
      .sign(stranger.privateKey);
    expect((await call(wrong)).status).toBe(401);
  });
});
