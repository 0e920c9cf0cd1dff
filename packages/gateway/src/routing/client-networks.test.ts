import { afterAll, beforeAll, expect, test } from "vitest";
import { echo, startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

const BURST = 5;

let gate: TestGateway;
let agent: TestAgent;
let nextAgent = 0;
beforeAll(async () => {
  // Nothing flows back while a test lasts.
  gate = await startTestGateway("sqlite", {
    trustedProxies: ["127.0.0.1"],
    rateLimit: 0.000_1,
    rateBurst: BURST,
    anonymousReviews: true,
  });
  agent = await startAgent((task, response, request) =>
    task.body.includes("large")
      ? void response.setHeader("content-type", "application/json").end(JSON.stringify("x".repeat(100_000)))
      : echo(task, response, request),
  );
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

const post = (path: string, body: unknown, address: string, headers: Record<string, string> = {}) =>
  fetch(gate.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": address, ...headers },
    body: JSON.stringify(body),
  });
const register = async (fields: Record<string, unknown> = {}, key?: string) =>
  (await gate.register({ name: `agent-${nextAgent++}`, url: agent.url, ...fields }, key)).id as string;
/** How many of these addresses are admitted, each once. */
async function admitted(addresses: string[], path: string): Promise<number> {
  const answers = await Promise.all(addresses.map((address) => post(path, textTask("x"), address)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
  return answers.filter(({ status }) => status === 200).length;
}

const oneAddress = [
  "198.51.100.7",
  "198.51.100.7:4711",
  "198.51.100.7:4712",
  "::ffff:198.51.100.7",
  "::FFFF:C633:6407",
  "0:0:0:0:0:ffff:198.51.100.7",
  "[::ffff:198.51.100.7]:80",
  "64:ff9b::198.51.100.7",
];
const oneNetwork = Array.from({ length: 30 }, (_, i) => `2001:DB8:0:7::${(i * 977).toString(16)}`);
const oneHost = ["2001:db8:0:9::1", "[2001:DB8:0:9::1]:80", "2001:0db8:0000:0009:0000:0000:0000:0001%eth0"];

test.each([
  ["one address in many spellings", oneAddress],
  ["addresses of one /64", oneNetwork],
  ["an IPv6 address in many spellings", [...oneHost, ...oneHost, ...oneHost]],
  ["what is no address", ["unknown", "_a", "_b", "1.2.3", "x", "nothing", "1.2.3.4.5"]],
])("%s: one bucket, of agents with and without an organization", async (_, addresses) => {
  expect(await admitted(addresses, `/agents/${await register()}/task`)).toBe(BURST);
  const org = await gate.createOrg(`of ${addresses[0]}`, { rate_limit: 0.000_1, rate_burst: BURST });
  expect(await admitted(addresses, `/agents/${await register({}, org.key)}/task`)).toBe(BURST);
});

test("other networks have buckets of their own, and the log has the whole address", async () => {
  const id = await register();
  const addresses = Array.from({ length: 20 }, (_, i) => `2001:db8:1:${i + 1}:0::AB`);
  const answers = await Promise.all(addresses.map((address) => post(`/agents/${id}/task`, textTask("x"), address)));
  expect(answers.map(({ status }) => status)).toEqual(addresses.map(() => 200));
  const { body } = await gate.call("GET", `/agents/${id}/logs`);
  expect(new Set(body.map(({ caller_ip }: { caller_ip: string }) => caller_ip))).toEqual(
    new Set(addresses.map((_, i) => `2001:db8:1:${(i + 1).toString(10)}::ab`)),
  );
});

test("the operator chooses how large a client's network is", async () => {
  const node = await gate.another({ ipv6Prefix: 48 });
  const id = await register();
  const statuses = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      fetch(`${node.url}/agents/${id}/task`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-forwarded-for": `2001:db8:2:${i + 1}::1` },
        body: JSON.stringify(textTask("x")),
      }).then(({ status }) => status),
    ),
  );
  expect(statuses.filter((status) => status === 200)).toHaveLength(BURST);
});

test("an anonymous review is its network's", async () => {
  const owner = await gate.createOrg("owner of the reviewed", { rate_limit: 1000, rate_burst: 1000 });
  const id = await register({}, owner.key);
  for (const address of [...oneAddress, ...oneNetwork, ...oneHost]) {
    expect((await post(`/agents/${id}/task`, textTask("x"), address)).status).toBe(200);
    expect((await post(`/agents/${id}/reviews`, { rating: 1 }, address)).status).toBe(201);
  }
  expect((await gate.call("GET", `/agents/${id}/reviews/stats`)).body.review_count).toBe(3);
});

test("a key that nobody has makes no caller of its own", async () => {
  const id = await register();
  const send = (bearer: string, body: unknown, key: string) =>
    post(`/agents/${id}/task`, body, "192.0.2.77", { authorization: `Bearer ${bearer}`, "idempotency-key": key });
  const first = await send("made-up-1", textTask("small"), "k1");
  const again = await send("made-up-2", textTask("small"), "k1");
  expect([first.status, again.status, again.headers.get("idempotency-replayed")]).toEqual([200, 200, "true"]);
  // What costs nothing but an address is not kept at any size.
  await send("made-up-1", textTask("large"), "k2");
  const large = await send("made-up-1", textTask("large"), "k2");
  expect([large.status, large.headers.get("idempotency-replayed")]).toEqual([200, null]);
});

test("an agent's own key makes one", async () => {
  const id = await register({ agent_api_key: "the-agents-own" });
  const send = (key: string) =>
    post(`/agents/${id}/task`, textTask("large"), "192.0.2.78", {
      authorization: "Bearer the-agents-own",
      "idempotency-key": key,
    });
  await send("k");
  expect((await send("k")).headers.get("idempotency-replayed")).toBe("true");
});
