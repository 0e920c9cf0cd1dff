import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AgentGateClient } from "@agentgate/client";
import { temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAnsweringAgent } from "../testing/answering-agent.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

let gateway: ServedGateway;
let answering: Awaited<ReturnType<typeof startAnsweringAgent>>;
let own: { env: Record<string, string> };
const directory = temporaryDirectory("approvals");
const path = join(directory.path, "gateway.yaml");
beforeAll(async () => {
  const served = serveGateway({ env: { AGENTGATE_APPROVAL: "changes" } });
  [gateway, answering] = await Promise.all([served, startAnsweringAgent()]);
  const admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: gateway.adminKey });
  own = { env: { AGENTGATE_API_KEY: (await admin.createOrg("acme")).api_key! } };
});
afterAll(async () => {
  await Promise.all([gateway?.stop("SIGKILL"), answering?.close()]);
  directory.remove();
});

const apply = (fields: string) => {
  writeFileSync(
    path,
    `version: 1\nagents:\n  - name: helper\n    url: ${answering.url}\n    protocol: plain\n    ${fields}\n`,
  );
  return gateway.run(["apply", "-f", path], own);
};

test("what is applied waits; it is listed, shown, approved, refused, suspended and resumed", async () => {
  expect((await apply("price_per_task: 0.05")).stdout).toContain(
    "It waits for approval; until then nobody can call it",
  );
  expect((await gateway.run(["list"], own)).stdout).toMatch(/APPROVAL\n.*helper.* pending *\n/);
  const listed = await gateway.run(["approvals"]);
  expect(listed.stdout).toMatch(/helper +new +\d{4}-/);
  const shown = await gateway.run(["approvals", "show", "helper"]);
  expect(shown.stdout).toMatch(
    /State +pending\nVersion +[0-9a-f]{32}\n[\s\S]*A new agent:\n[\s\S]*price_per_task: 0\.05\n/,
  );
  const unasked = await gateway.run(["approvals", "approve", "helper"]);
  expect(unasked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("Approving needs a confirmation") });
  const [, version] = /Version +(\w+)/.exec(shown.stdout)!;
  const approved = await gateway.run(["approvals", "approve", "helper", "--expected", version!]);
  expect(approved.stdout).toMatch(/^✓ Approved helper/);

  const changed = await apply("price_per_task: 0.10");
  expect(changed.stdout).toContain("The change waits for approval; until then it serves as it was");
  expect((await apply("price_per_task: 0.10")).stdout).toContain("1 as they should be");
  const sentIn = await gateway.run(["update", "helper", "--version", "2.0.0"], own);
  expect(sentIn.stdout).toMatch(
    /^✓ Sent in helper 1\.0\.0 [\s\S]*\n {4}version: 1\.0\.0 → 2\.0\.0\n {4}price_per_task: 0\.05 → 0\.1\n/,
  );
  const refused = await gateway.run(["approvals", "reject", "helper", "--reason", "Too dear"]);
  expect(refused.stdout).toMatch(/^✓ Refused what waited of helper/);
  expect((await gateway.run(["approvals"])).stdout).toBe("Nothing waits for approval.\n");
  const why = await gateway.run(["approvals", "show", "helper"], own);
  expect(why.stdout).toContain("Refused: Too dear");

  expect((await gateway.run(["agents", "suspend", "helper", "--reason", "It leaks"])).stdout).toMatch(/^✓ Suspended/);
  expect(await gateway.json("approvals", "list", "--state", "suspended")).toMatchObject({
    entries: [{ agent_name: "helper", state: "suspended", reason: "It leaks" }],
  });
  expect((await gateway.run(["agents", "resume", "helper"])).stdout).toMatch(/^✓ Resumed/);
  const foreign = await gateway.run(["agents", "suspend", "helper", "--reason", "x"], own);
  expect(foreign).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("Invalid API key") });
});
