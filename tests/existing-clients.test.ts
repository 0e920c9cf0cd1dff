import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
} from "../packages/gateway/src/testing/index.ts";
import { promised } from "./testing/promised-answers.ts";
import { RawConnection } from "./testing/raw-connection.ts";
import { type RecordedRequest, recordedRequests } from "./testing/recorded-requests.ts";

/** The same call in the forms that the contract serves directly (section 1.1). */
const forms: [name: string, path: (path: string) => string][] = [
  ["as recorded", (path) => path],
  ["with the other slash", otherSlash],
  ["under /v1", twin],
  ["under /v1 with the other slash", (path) => twin(otherSlash(path))],
];

function otherSlash(path: string): string {
  const [name = "", query] = path.split("?");
  const other = name.endsWith("/") ? name.slice(0, -1) : `${name}/`;
  return query === undefined ? other : `${other}?${query}`;
}

function twin(path: string): string {
  return path.startsWith("/.well-known") ? path : `/v1${path}`;
}

let gate: TestGateway;
let upstream: TestAgent;
let paths: string[];
beforeAll(async () => {
  gate = await startTestGateway("sqlite", { topup: "open" });
  upstream = await startAgent();
  paths = Object.keys((await gate.call("GET", "/openapi.json")).body.paths);
});
afterAll(async () => {
  await gate.close();
  await upstream.close();
});

/** Whether the gateway has such an operation at all, yet. */
const isServed = ({ text }: RecordedRequest) => {
  const path = text.split(" ", 2)[1]!.split("?")[0]!;
  return paths.some((known) => new RegExp(`^${known.replace(/\{\w+\}/g, "[^/]+")}$`).test(path));
};

/** The recorded chain's id. */
const CHAIN = "33333333-3333-4333-8333-333333333333";

async function makeChain(ids: Record<string, string>): Promise<string> {
  const steps = [{ agent_id: ids["11111111-1111-4111-8111-111111111111"] }];
  const fields = { name: "pipeline", steps, org_id: ids["22222222-2222-4222-8222-222222222222"] };
  return (await gate.call("POST", "/chains/", fields)).body.id;
}

describe.each(["python-httpx", "cli-1-requests", "cli-2-httpx", "typescript-fetch"])("%s", (client) => {
  test.each(forms)("every call is answered as ever: %s", async (_, form) => {
    const ids: Record<string, string> = { "http://127.0.0.1:19999": upstream.url };
    gate.clock.today();
    const connection = await RawConnection.open(gate.url);
    for (const recorded of recordedRequests(client).filter(isServed)) {
      const { name, method } = recorded;
      // Of this client only the end of a chain is recorded.
      if (name === "delete chain" && !ids[CHAIN]) ids[CHAIN] = await makeChain(ids);
      const bytes = Object.entries(ids)
        .reduce((bytes, [recordedId, id]) => bytes.replaceAll(recordedId, id), recorded.text)
        .replace(/(?<=^\w+ )\S+/, form);
      const { status, headers, body } = await connection.exchange(bytes, method);
      expect.soft(status, `${name}: ${body}`).toBe(promised[name]?.[0]);
      expect.soft(headers, name).not.toHaveProperty("location");
      if (status === 204) expect(body).toBe("");
      else expect.soft(JSON.parse(body), name).toMatchObject(promised[name]?.[1] ?? {});
      if (name === "register agent") ids["11111111-1111-4111-8111-111111111111"] = JSON.parse(body).id;
      if (name === "create org") ids["22222222-2222-4222-8222-222222222222"] = JSON.parse(body).id;
      if (name === "create checkout") ids["44444444-4444-4444-8444-444444444444"] = JSON.parse(body).session_id;
      if (name === "create chain") ids[CHAIN] = JSON.parse(body).id;
    }
    expect(connection.isClosed).toBe(false);
    connection.destroy();
    const org = ids["22222222-2222-4222-8222-222222222222"];
    if (org) expect((await gate.call("DELETE", `/orgs/${org}?force=true`)).status).toBe(204);
  });
});

test("HEAD /health is GET /health without its body", async () => {
  const connection = await RawConnection.open(gate.url);
  for (const path of ["/health", "/health/", "/v1/health"]) {
    const get = await connection.exchange(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const head = await connection.exchange(`HEAD ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect([head.status, head.headers["content-length"], head.headers["content-type"], head.body]).toEqual([
      200,
      get.headers["content-length"],
      get.headers["content-type"],
      "",
    ]);
  }
  connection.destroy();
});
