import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, testEngines } from "../storage/testing/index.ts";
import { ADMIN_KEY, serveNode, startTestGateway, type TestGateway } from "../testing/index.ts";

/** Answers each path with its status; what is not named is 404, and what is named 0 hangs. */
async function serve(statuses: Record<string, number>) {
  const asked: { path: string; at: number; key: unknown }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push({ path, at: performance.now(), key: request.headers["x-api-key"] });
    const status = statuses[path] ?? 404;
    if (status === 0) return;
    response.writeHead(status).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    statuses,
    asked,
    timesOf: (path: string) => asked.filter((one) => one.path === path).map(({ at }) => at),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe.each(testEngines())("health on %s", (engine) => {
  let gate: TestGateway;
  beforeAll(async () => {
    gate = await startTestGateway(engine);
  });
  afterAll(() => gate.close());

  const health = async (id: string, at = gate) => (await at.call("GET", `/agents/${id}/health`, undefined, null)).body;

  test("an agent is checked when it is registered: healthy at 200, else unhealthy with the reason; every node says so", async () => {
    const place = await serve({ "/good/health": 200, "/bad/health": 503 });
    const node = await gate.another();
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
    // What an agent serves says so; one that does not is told where it was looked for.
    const silent = await gate.register({ name: "silent", url: `${place.url}/silent` });
    await expect
      .poll(() => health(silent.id))
      .toMatchObject({
        status: "unhealthy",
        error: expect.stringMatching(/^HTTP 404; .*GET \/silent\/health with 200$/),
      });
    expect(await health(good.id, node)).toEqual(await health(good.id));
    const { body } = await node.call("GET", "/health/agents", undefined, null);
    expect(body).toMatchObject({ [good.id]: { status: "healthy" }, [bad.id]: { status: "unhealthy" } });
    expect(Object.keys(body[good.id]).sort()).toEqual(["error", "last_check", "latency_ms", "status"]);

    expect((await gate.call("DELETE", `/agents/${good.id}`)).status).toBe(204);
    expect((await gate.call("GET", `/agents/${good.id}/health`)).status).toBe(404);
    for (const at of [gate, node]) expect((await at.call("GET", "/health/agents")).body).not.toHaveProperty(good.id);
    await place.close();
  });

  test("the list goes by pages", async () => {
    const place = await serve({});
    for (let n = 0; n < 5; n++) await gate.register({ name: `paged-${n}`, url: `${place.url}/${n}` });
    const all = async () => Object.keys((await gate.call("GET", "/health/agents")).body);
    await expect.poll(async () => (await all()).length).toBeGreaterThanOrEqual(5);
    const met: string[] = [];
    for (let path = "/health/agents?limit=2"; path; ) {
      const { body, headers } = await gate.call("GET", path);
      expect(Object.keys(body).length).toBeLessThanOrEqual(2);
      met.push(...Object.keys(body));
      path = /^<([^>]+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1] ?? "";
    }
    expect(met).toEqual((await all()).sort());
    for (const query of ["limit=0", "limit=1001", "after=x"]) {
      expect((await gate.call("GET", `/health/agents?${query}`)).status).toBe(422);
    }
    await place.close();
  });

  test("a guarded agent is shown the gateway's credential; whoever serves a card is not", async () => {
    const place = await serve({ "/guarded/health": 200, "/.well-known/agent-card.json": 200 });
    const guarded = await gate.register({ name: "guarded", url: `${place.url}/guarded` });
    const rpc = { url: `${place.url}/rpc`, protocolBinding: "JSONRPC", protocolVersion: "1.0" };
    const card = {
      name: "carded",
      description: "",
      version: "1",
      skills: [],
      capabilities: {},
      supportedInterfaces: [rpc],
    };
    const carded = await gate.register({ card, card_url: `${place.url}/.well-known/agent-card.json` });
    for (const { id } of [guarded, carded]) {
      await gate.call("PUT", `/agents/${id}/credentials`, { type: "header", name: "X-API-Key", value: "k" });
      await gate.call("PUT", `/agents/${id}`, {});
    }
    const keysAt = (path: string) => place.asked.filter((one) => one.path === path).map(({ key }) => key);
    await expect.poll(() => keysAt("/guarded/health")).toContain("k");
    await expect.poll(() => keysAt("/.well-known/agent-card.json").length).toBeGreaterThanOrEqual(2);
    expect(keysAt("/.well-known/agent-card.json")).not.toContain("k");
    expect(place.asked.map(({ path }) => path)).not.toContain("/rpc/health");
    await place.close();
  });

  test("agents that hang keep nobody else from being looked at, and are looked at less and less themselves", async () => {
    const statuses: Record<string, number> = { "/live/health": 200 };
    for (let n = 0; n < 60; n++) statuses[`/hangs-${n}/health`] = 0;
    const place = await serve(statuses);
    const quick = await startTestGateway(engine, { healthIntervalSeconds: 1 });
    const other = await quick.another();
    for (const { gateway } of [quick, other]) await gateway.start();
    const { key } = await quick.createOrg("hanging", { tier: "enterprise" });
    const live = await quick.register({ name: "live", url: `${place.url}/live` });
    const hanging = [];
    for (let n = 0; n < 60; n++)
      hanging.push(await quick.register({ name: "hangs", url: `${place.url}/hangs-${n}` }, key));
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    const times = place.timesOf("/live/health");
    const gaps = times.slice(1).map((at, n) => at - times[n]!);
    // One node looks, once an interval (in nine tenths of it); the rest is what a loaded machine adds.
    expect(times.length).toBeLessThan((1.4 * (times.at(-1)! - times[0]!)) / 900 + 3);
    // As long as nine tenths of an interval, and as long again on a machine with other things to do.
    expect(Math.max(...gaps)).toBeLessThan(12_000);
    const counts = Array.from({ length: 60 }, (_, n) => place.timesOf(`/hangs-${n}/health`).length);
    expect(Math.max(...counts)).toBeLessThan(9);
    const said = await health(hanging[0].id, other);
    expect(said).toMatchObject({ status: "unhealthy", error: expect.stringMatching(/looked at again after \d+ s/) });
    expect(await health(live.id, other)).toMatchObject({ status: "healthy" });
    await quick.close();
    await place.close();
  });

  test("when the node that looks dies, another goes on within ten seconds", async () => {
    const place = await serve({ "/live/health": 200 });
    const database = await createDatabase(engine);
    const { dataDirectory, databaseUrl } = database.location;
    const env = {
      AGENTGATE_DATA_DIR: dataDirectory,
      ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
      AGENTGATE_API_KEY: ADMIN_KEY,
      AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
      AGENTGATE_HEALTH_INTERVAL_SECONDS: "1",
    };
    const first = await serveNode(env);
    const registered = await fetch(`${first.url}/agents/`, {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
      body: JSON.stringify({ name: "live", url: `${place.url}/live` }),
    });
    expect(registered.status).toBe(201);
    await expect.poll(() => place.asked.length).toBeGreaterThan(2);
    const second = await serveNode(env);
    first.child.kill("SIGKILL");
    await first.exited;
    const diedAt = performance.now();
    const asked = place.asked.length;
    await expect.poll(() => place.asked.length, { timeout: 60_000 }).toBeGreaterThan(asked + 1);
    // It had been looked at just before; a second more is the machine's.
    expect(place.asked[asked + 1]!.at - diedAt).toBeLessThan(11_000);
    second.child.kill("SIGTERM");
    await second.exited;
    await database.remove();
    await place.close();
  });
});
