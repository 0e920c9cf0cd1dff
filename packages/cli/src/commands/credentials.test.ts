import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { binPath, cleanEnvironment, runProgram } from "../testing/run-agentgate.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

let gateway: ServedGateway;
let id: string;
const shown: unknown[] = [];
const agent = createServer(({ headers }, response) => {
  shown.push(headers["x-api-key"] ?? headers.authorization);
  response.end("{}");
});
beforeAll(async () => {
  gateway = await serveGateway();
  await new Promise<void>((resolve) => agent.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(agent.address() as AddressInfo).port}`;
  const response = await fetch(`${gateway.url}/agents/`, {
    method: "POST",
    headers: { authorization: `Bearer ${gateway.adminKey}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "guarded", url }),
  });
  ({ id } = (await response.json()) as { id: string });
});
afterAll(async () => {
  await gateway?.stop("SIGKILL");
  agent.close();
  agent.closeAllConnections();
});

const env = { AGENTGATE_AGENT_SECRET: "canary-secret" };
const shownNow = async () => {
  const headers = { "content-type": "application/json" };
  await fetch(`${gateway.url}/agents/${id}/task`, { method: "POST", headers, body: "{}" });
  return shown.at(-1);
};

test("an agent is shown what was set, and nothing once it is removed", async () => {
  const header = await gateway.run(["credentials", "guarded", "--header", "X-API-Key"], { env });
  expect([header.exitCode, header.stdout]).toEqual([0, "✓ The gateway calls guarded with a key in a header\n"]);
  expect(await shownNow()).toBe("canary-secret");
  expect(await gateway.json("credentials", id)).toEqual({ type: "header" });

  // The secret may come from a file, with the line break that editors leave.
  const piped = `echo piped-secret | ${process.execPath} ${binPath} credentials guarded --bearer`;
  const connection = { AGENTGATE_SERVER: gateway.url, AGENTGATE_API_KEY: gateway.adminKey };
  const bearer = await runProgram("sh", ["-c", piped], { env: cleanEnvironment(connection) });
  expect([bearer.exitCode, bearer.stdout]).toEqual([0, "✓ The gateway calls guarded with a bearer token\n"]);
  expect(await shownNow()).toBe("Bearer piped-secret");

  const removed = await gateway.run(["credentials", "guarded", "--remove", "--json"]);
  expect([removed.exitCode, JSON.parse(removed.stdout)]).toEqual([0, { type: null }]);
  expect(await shownNow()).toBeUndefined();
  expect((await gateway.run(["credentials", "guarded"])).stdout).toBe(
    "The gateway calls guarded without a credential.\n",
  );
  expect(await gateway.json("credentials", "guarded")).toEqual({ type: null });
  expect((await gateway.run(["credentials", "nobody"])).exitCode).toBe(1);
});

test.each([
  ["no secret", ["--bearer"], {}, "AGENTGATE_AGENT_SECRET"],
  ["two kinds at once", ["--bearer", "--header", "X-API-Key"], env, "Give one of"],
  ["OAuth 2 without a client", ["--oauth2", "https://id.example/token"], env, "--client-id"],
])("%s: it says what is missing", async (_, options, environment, words) => {
  const { exitCode, stdout, stderr } = await gateway.run(["credentials", "guarded", ...options], { env: environment });
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(words)]);
  expect(stdout + stderr).not.toContain("canary");
});

test("what the gateway refuses is passed on, without the secret", async () => {
  const { exitCode, stdout, stderr } = await gateway.run(["credentials", "guarded", "--header", "Host"], { env });
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("the gateway's own")]);
  expect(stdout + stderr).not.toContain("canary");
});
