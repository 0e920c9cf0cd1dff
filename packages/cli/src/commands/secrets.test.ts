import { temporaryDirectory } from "@agentgate/testing";
import { afterAll, expect, test } from "vitest";
import { runAgentgate } from "../testing/run-agentgate.ts";
import { serveGateway } from "../testing/served-gateway.ts";

const directory = temporaryDirectory("secrets-command");
afterAll(() => directory.remove());

test("a gateway whose secret key does not fit exits at once, in a sentence; rotated, the new one fits", async () => {
  const data = `${directory.path}/data`;
  const OLD = { AGENTGATE_SECRET_KEY: "an-old-secret-key-000" };
  const NEW = { AGENTGATE_SECRET_KEY: "a-new-secret-key-1111" };
  const first = await serveGateway({ data, env: OLD });
  const agent = await fetch(`${first.url}/agents/`, {
    method: "POST",
    headers: { authorization: `Bearer ${first.adminKey}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "a", url: "http://127.0.0.1:9000" }),
  }).then((response) => response.json() as Promise<{ id: string }>);
  expect(agent.id).toBeTypeOf("string");
  // Signed with a key that the first card makes, sealed; the keys of the shop are beside it.
  await fetch(`${first.url}/agents/${agent.id}/card`);
  await first.stop();

  const refused = await runAgentgate(["serve", "--port", "0", "--data", data], { env: NEW });
  expect([refused.exitCode, refused.stdout]).toEqual([1, ""]);
  expect(refused.stderr).toMatch(/^error: The secret key \(AGENTGATE_SECRET_KEY\) does not fit this database: /m);

  const blind = await runAgentgate(["secrets", "rotate", "--data", data], { env: NEW });
  expect([blind.exitCode, blind.stderr]).toEqual([
    1,
    expect.stringMatching(/2 sealed texts open under none of the known keys/),
  ]);
  expect(blind.stdout).toMatch(/^Sealed anew .*, as far as the known keys open it/);
  const both = { ...NEW, AGENTGATE_SECRET_KEY_PREVIOUS: OLD.AGENTGATE_SECRET_KEY };
  const rotated = await runAgentgate(["secrets", "rotate", "--data", data], { env: both });
  expect([rotated.exitCode, rotated.stdout]).toEqual([0, expect.stringContaining("Sealed anew")]);
  const second = await serveGateway({ data, env: NEW });
  await second.stop();
});

test("forgetting asks first, and a directory without a database is told", async () => {
  const asked = await runAgentgate(["secrets", "forget", "--data", directory.path]);
  expect([asked.exitCode, asked.stderr]).toEqual([2, expect.stringContaining("--yes")]);
  const missing = await runAgentgate(["secrets", "rotate", "--data", `${directory.path}/none`]);
  expect([missing.exitCode, missing.stderr]).toEqual([2, expect.stringContaining("There is no database in")]);
});
