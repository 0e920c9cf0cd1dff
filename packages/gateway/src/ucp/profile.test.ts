import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { vendorNamesOf } from "./namespace.ts";
import { officialFaults } from "./testing/official-schemas.ts";
import { profileFaults } from "./testing/rules.ts";
import { ucpVersions } from "./versions.ts";

describe.each(testEngines())("the profile on %s", (engine) => {
  let gate: TestGateway;
  beforeAll(async () => {
    gate = await startTestGateway(engine, { publicUrl: "https://gw.example.com" });
  });
  afterAll(() => gate.close());
  const get = (path: string) => gate.call("GET", path, undefined, null);

  test("is the current release's, names the earlier one, and may be kept by everybody", async () => {
    const { status, body, headers } = await get("/.well-known/ucp");
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("public, max-age=300");
    expect(profileFaults(body, { isLeaf: false })).toEqual([]);
    expect(body.ucp).toMatchObject({
      version: "2026-08-25",
      supported_versions: { "2026-04-08": "https://gw.example.com/.well-known/ucp/2026-04-08" },
      services: {
        "dev.ucp.shopping": [
          { transport: "rest", endpoint: "https://gw.example.com/ucp/v1" },
          { transport: "mcp", endpoint: "https://gw.example.com/ucp/mcp" },
        ],
      },
    });
    expect(body.platform).toMatchObject({ name: "AgentGate", url: "https://gw.example.com" });
  });

  test.each(ucpVersions)("has a leaf for %s that stands for itself", async (version) => {
    const { status, body, headers } = await get(`/.well-known/ucp/${version}`);
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toMatch(/^public, max-age=/);
    expect(body.ucp.version).toBe(version);
    expect(profileFaults(body, { isLeaf: true })).toEqual([]);
    if (version === "2026-04-08") expect(officialFaults("profile", body)).toBe("");
  });

  test("has none for other releases", async () => {
    for (const version of ["2026-01-11", "draft", "..", "%00"]) {
      expect((await get(`/.well-known/ucp/${version}`)).status).toBe(404);
    }
  });

  test("shows keys that every node signs with, the next one before it signs and the former one after", async () => {
    const keysOf = async (node: TestGateway) =>
      (await node.call("GET", "/.well-known/ucp", undefined, null)).body.keys.map(({ kid }: any) => kid);
    const other = await gate.another();
    const before = await keysOf(gate);
    expect(before).toHaveLength(2);
    expect(await keysOf(other)).toEqual(before);
    const { status, body } = await gate.call("POST", "/ucp/keys/rotate");
    expect(status).toBe(200);
    const [current, next, former] = body.keys.map(({ kid }: any) => kid);
    expect([current, former]).toEqual([before[1], before[0]]);
    expect(before).not.toContain(next);
    gate.clock.skip(10_001);
    expect(await keysOf(other)).toEqual([current, next, former]);
    expect((await gate.call("POST", "/ucp/keys/rotate", undefined, null)).status).toBe(401);
    const stored = await gate.call("GET", "/.well-known/ucp");
    expect(JSON.stringify(stored.body)).not.toContain('"d":');
  });
});

test("only what stands at the root of the host is said to be there", async () => {
  const id = crypto.randomUUID();
  const gate = await startTestGateway("sqlite", { publicUrl: "https://gw.example.com", rootAgent: id });
  const { body } = await gate.call("GET", "/.well-known/ucp", undefined, null);
  expect(body.ucp.services["dev.ucp.shopping"].map(({ transport }: any) => transport)).toEqual(["rest", "mcp", "a2a"]);
  expect(profileFaults(body, { isLeaf: false })).toEqual([]);
  await gate.close();
});

test.each([
  ["https://gw.example.com", true, "com.example.gw.agent_task"],
  ["https://agentgate.sh", true, "sh.agentgate.agent_task"],
  ["https://GW.example.com.:8443/base", true, "com.example.gw.agent_task"],
  ["http://localhost:8000", false, "local.agentgate.agent_task"],
  ["http://127.0.0.1:8000", false, "local.agentgate.agent_task"],
  ["http://[::1]:8000", false, "local.agentgate.agent_task"],
  ["https://gateway", false, "local.agentgate.agent_task"],
  ["https://my-gate.example.com", false, "local.agentgate.agent_task"],
  ["https://gate.local", false, "local.agentgate.agent_task"],
  ["https://1password.example", false, "local.agentgate.agent_task"],
])("%s: its names are its own (%s)", (url, isPublic, task) => {
  expect(vendorNamesOf(url)).toMatchObject({ isPublic, task });
});
