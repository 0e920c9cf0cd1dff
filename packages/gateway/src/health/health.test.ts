import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Agent } from "../agents/index.ts";
import { createDialer } from "../outbound/index.ts";
import { silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { HealthMonitor } from "./index.ts";

/** Answers each path with its status; what is not named is 404. */
async function serve(statuses: Record<string, number>, hold: Record<string, Promise<void>> = {}) {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    await hold[path];
    response.statusCode = statuses[path] ?? 404;
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

let gate: TestGateway;
beforeAll(async () => {
  gate = await startTestGateway();
});
afterAll(() => gate.close());

const health = async (id: string) => (await gate.call("GET", `/agents/${id}/health`, undefined, null)).body;

test("an agent is checked when it is registered: healthy at 200, else unhealthy with the reason", async () => {
  const place = await serve({ "/good/health": 200, "/bad/health": 503 });
  const good = await gate.register({ name: "good", url: `${place.url}/good/` });
  const bad = await gate.register({ name: "bad", url: `${place.url}/bad` });
  await expect
    .poll(() => health(good.id))
    .toEqual({
      agent: "good",
      status: "healthy",
      last_check: expect.stringMatching(/Z$/),
      latency_ms: expect.any(Number),
      error: null,
    });
  await expect
    .poll(() => health(bad.id))
    .toMatchObject({ agent: "bad", status: "unhealthy", latency_ms: null, error: "HTTP 503" });
  const { body } = await gate.call("GET", "/health/agents", undefined, null);
  expect(body).toMatchObject({ [good.id]: { status: "healthy" }, [bad.id]: { status: "unhealthy" } });
  expect(Object.keys(body[good.id]).sort()).toEqual(["error", "last_check", "latency_ms", "status"]);

  expect((await gate.call("DELETE", `/agents/${good.id}`)).status).toBe(204);
  expect((await gate.call("GET", `/agents/${good.id}/health`)).status).toBe(404);
  expect((await gate.call("GET", "/health/agents")).body).not.toHaveProperty(good.id);
  await place.close();
});

const DIALER = createDialer({ allowPrivateNetworks: true, clock: systemClock, log: silentLog });
afterAll(() => DIALER.close(0));
const monitorOf = (allAgents: () => AsyncIterable<Agent>, cardUrl?: string) =>
  new HealthMonitor({
    allAgents,
    cardUrlOf: async () => cardUrl,
    credentialsOf: () => ({ "x-api-key": "k" }),
    dialer: DIALER,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    intervalMs: 60_000,
  });
const agentAt = (id: string, url: string) => ({ id, url }) as Agent;

test("an agent with a card is asked for the card", async () => {
  const place = await serve({ "/.well-known/agent-card.json": 200 });
  const monitor = monitorOf(async function* () {}, `${place.url}/.well-known/agent-card.json`);
  expect(await monitor.check(agentAt("a", `${place.url}/a2a`))).toMatchObject({ status: "healthy" });
  expect(place.asked).toEqual(["/.well-known/agent-card.json"]);
  await place.close();
});

test("a guarded agent is shown the gateway's credential; whoever serves a card is not", async () => {
  const seen: Record<string, unknown> = {};
  const server = createServer(({ url, headers }, response) => {
    seen[url!] = headers["x-api-key"];
    response.writeHead(headers["x-api-key"] || url === "/card" ? 200 : 401).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const agent = agentAt("a", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const none = async function* () {};
  expect((await monitorOf(none).check(agent)).status).toBe("healthy");
  expect((await monitorOf(none, `${agent.url}/card`).check(agent)).status).toBe("healthy");
  expect(seen).toEqual({ "/health": "k", "/card": undefined });
  server.close();
  server.closeAllConnections();
});

test("a round forgets who is gone, and keeps who came meanwhile", async () => {
  const slow = Promise.withResolvers<void>();
  const place = await serve({ "/slow/health": 200, "/other/health": 200 }, { "/slow/health": slow.promise });
  const monitor = monitorOf(async function* () {
    yield agentAt("slow", `${place.url}/slow`);
  });
  await monitor.check(agentAt("gone", `${place.url}/other`));
  const round = monitor.round();
  await expect.poll(() => place.asked).toContain("/slow/health");
  await monitor.check(agentAt("new", `${place.url}/other`));
  slow.resolve();
  await round;
  expect([...monitor.all().keys()].sort()).toEqual(["new", "slow"]);
  await place.close();
});
