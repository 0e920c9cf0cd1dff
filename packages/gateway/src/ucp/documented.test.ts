import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ADMIN_KEY, startAgent, startTestGateway } from "../testing/index.ts";

const page = readFileSync(new URL("../../../../docs/ucp.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block!);

/** Where everything is required, their absence is a failure and not a reason to skip. */
function hasTools(): boolean {
  if (process.env.AGENTGATE_TEST_REQUIRE_ALL) return true;
  try {
    execFileSync("bash", ["-c", "command -v curl && command -v jq"]);
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!hasTools())("what docs/ucp.md says to type works as it is", async () => {
  const gate = await startTestGateway("sqlite", { topup: "open" });
  const agent = await startAgent();
  const [seller, buyer] = [await gate.createOrg("Seller"), await gate.createOrg("Buyer")];
  await gate.call("POST", `/orgs/${buyer.id}/topup`, { amount: 1 });
  const env = {
    PATH: process.env.PATH,
    GATE: gate.url,
    AGENT_URL: agent.url,
    SELLER_KEY: seller.key,
    ORG_KEY: buyer.key,
    AGENTGATE_API_KEY: ADMIN_KEY,
  };
  const script = `set -euo pipefail\n${blocks.join("\n")}`;
  const { stdout } = await promisify(execFile)("bash", ["-c", script], { env });
  expect(stdout).toMatch(/ready_for_complete\ncompleted\n/);
  expect(stdout).toContain("Echo: Good morning");
  expect(stdout).toContain("fulfilled");
  expect(stdout).toContain("Echo: hello");
  expect(stdout.trimEnd()).toMatch(/\n3$/);
  expect((await gate.call("GET", `/orgs/${buyer.id}/wallet`)).body).toMatchObject({ balance: 0.5, held: 0 });
  await gate.close();
  await agent.close();
});
