import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";
import { agentArchive } from "./testing/agent-archive.ts";
import { formOf, sendForm } from "./testing/form.ts";

let gate: TestGateway;
let plain: TestAgent;
let org: { id: string; key: string };
let dataDirectory: string;
beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), "agentgate-approval-"));
  plain = await startAgent();
  gate = await startTestGateway("sqlite", {
    ...{ dataDirectory, approval: "changes", deployRuntime: "process", drainSeconds: 1 },
    hostedFirstUser: 46_000 + 1_000 * (process.pid % 9),
  });
  await gate.gateway.start();
  org = await gate.createOrg("Acme", { tier: "pro", rate_limit: 1e6, rate_burst: 1e6 });
});
afterAll(async () => {
  await gate.close();
  await plain.close();
  rmSync(dataDirectory, { recursive: true, force: true });
});

const deploy = (yaml: string) => sendForm(gate, formOf(agentArchive({ yaml })), org.key);
const shown = async (id: string) => (await gate.call("GET", `/agents/${id}`)).body;
const approve = async (id: string) =>
  gate.call("POST", `/agents/${id}/approve`, { expected: (await shown(id)).pending?.version });
const tell = (id: string) => gate.call("POST", `/agents/${id}/task`, textTask("x"));

test("what is deployed waits; a redeploy that changes the record, or where the agent is called, waits as well", async () => {
  const at = `protocol: plain\nurl: ${plain.url}\n`;
  const deployed = await deploy(at);
  expect(deployed).toMatchObject({ status: 201, body: { approval: { state: "pending" } } });
  const { id } = deployed.body;
  expect((await tell(id)).status).toBe(403);
  expect((await approve(id)).status).toBe(200);

  const redeployed = await deploy(`${at}description: Better\n`);
  expect(redeployed.body).toMatchObject({ id, approval: { state: "approved", change: "pending" } });
  expect((await shown(id)).pending.changes).toMatchObject([{ field: "description", after: "Better" }]);
  expect((await approve(id)).body.description).toBe("Better");

  // From now on the gateway is to run it, at an address of its own: until that is approved, it is called where it was.
  const hosted = await deploy("description: Better\nprotocol: plain\n");
  expect(hosted).toMatchObject({ status: 201, body: { id, url: plain.url, deployed: false } });
  const running = async () => (await gate.call("GET", `/deploy/${id}/status`)).body.status;
  await expect.poll(running, { timeout: 60_000 }).toBe("running");
  const before = plain.received.length;
  expect((await tell(id)).status).toBe(200);
  expect(plain.received.length).toBe(before + 1);
  const fields = async () => (await shown(id)).pending?.changes.map(({ field }: { field: string }) => field);
  expect(await fields()).toEqual(["url", "deployed"]);
  expect((await gate.call("DELETE", `/deploy/${id}`, undefined, org.key)).status).toBe(200);
  expect(await fields()).toBeUndefined();
  expect((await tell(id)).status).toBe(200);

  await deploy("description: Better\nprotocol: plain\n");
  await expect.poll(running, { timeout: 60_000 }).toBe("running");
  expect((await approve(id)).body).toMatchObject({ deployed: true });
  expect((await tell(id)).status).toBe(200);
  expect(plain.received.length).toBe(before + 2);

  const back = await deploy(at);
  expect([back.status, back.body.code]).toEqual([409, "agent_hosted"]);
  expect((await tell(id)).status).toBe(200);
  expect((await gate.call("DELETE", `/deploy/${id}`, undefined, org.key)).status).toBe(200);
});
