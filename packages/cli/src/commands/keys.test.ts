import { AgentGateClient } from "@agentgate/client";
import type { CreatedOrg } from "@agentgate/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAnsweringAgent } from "../testing/answering-agent.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

let gateway: ServedGateway;
let answering: Awaited<ReturnType<typeof startAnsweringAgent>>;
let org: CreatedOrg;
let own: { env: Record<string, string> };
beforeAll(async () => {
  [gateway, answering] = await Promise.all([serveGateway(), startAnsweringAgent()]);
  const admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: gateway.adminKey });
  await admin.registerAgent("greeter", answering.url);
  org = await admin.createOrg("acme");
  own = { env: { AGENTGATE_API_KEY: org.api_key! } };
});
afterAll(() => Promise.all([gateway?.stop("SIGKILL"), answering?.close()]));

const run = (...args: string[]) => gateway.run(["keys", ...args], own);
const json = async (...args: string[]) => JSON.parse((await run(...args, "--json")).stdout);

test("a key is made, shown once, listed, changed, made anew, ended", async () => {
  const bounds = ["--agents", "greeter", "--per-call-max", "0.10", "--expires-in", "90d", "--budget", "5/day"];
  const made = await run("create", "ci", "--scopes", "tasks:call,me:x", ...bounds);
  expect(made).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("scopes") });
  const { exitCode, stdout } = await run("create", "ci", "--scopes", "tasks:call", ...bounds);
  expect(exitCode).toBe(0);
  const [, id, key] = /^✓ Made ci\nId +([0-9a-f-]{36})\nKey +(ag_org_[\w-]{43})\nIt is shown only now/.exec(stdout)!;
  expect((await run("list")).stdout).toMatch(new RegExp(`${id}  ci +ag_org_…${key!.slice(-4)} +tasks:call +until `));
  expect((await run("list")).stdout).not.toContain(key);
  expect((await run("show", "ci")).stdout).toMatch(
    /Scopes +tasks:call\nAgents +[0-9a-f-]{36}\nA call +\$0\.10 at most\nBudget +\$5\.00 a day, \$0\.00 spent\n/,
  );
  const me = await gateway.run(["me"], { env: { AGENTGATE_API_KEY: key! } });
  expect(me.stdout).toMatch(new RegExp(`^Kind +an organization\nOrganization +${org.id}\nId +${id}\nName +ci\n`));

  const changes = ["--name", "builds", "--rate-limit", "5", "--unbound", "agents,expires-in,budgets"];
  expect((await run("update", "ci", ...changes)).stdout).toContain("✓ Changed builds;");
  expect(await json("show", "builds")).toMatchObject({
    ...{ id, agents: null, expires_at: null, budgets: [], rate_limit: 5, per_call_max: 0.1 },
  });
  expect(await run("update", "builds", "--unbound", "scopes")).toMatchObject({ exitCode: 2 });

  const renewed = await run("rotate", id!, "--grace", "1h");
  expect(renewed.stdout).toMatch(/^✓ Made builds anew; the one before works for 3600 s more\nId .+\nKey +ag_org_/);
  const works = async (shown: string) =>
    (await gateway.run(["me", "--json"], { env: { AGENTGATE_API_KEY: shown } })).exitCode === 0;
  const next = /Key +(\S+)/.exec(renewed.stdout)![1]!;
  expect([await works(key!), await works(next)]).toEqual([true, true]);
  expect((await run("disable", "builds")).stdout).toBe("✓ Disabled builds\n");
  const refused = await gateway.run(["me"], { env: { AGENTGATE_API_KEY: next } });
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("This API key is disabled") });
  expect((await run("list")).stdout).toMatch(/ disabled *$/m);
  expect((await run("enable", "builds")).stdout).toBe("✓ Enabled builds\n");
  expect(await run("delete", "builds")).toMatchObject({ exitCode: 2 });
  expect(await json("delete", "builds", "--yes")).toEqual({ deleted: id });
  expect(await works(next)).toBe(false);
  expect((await run("show", "builds")).stderr).toContain('There is no key "builds"');
});

test("the admin manages an organization's keys, and further keys of its own", async () => {
  const nobodys = await gateway.run(["keys", "list"]);
  expect(nobodys).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--admin") });
  const theirs = await gateway.json("keys", "create", "theirs", "--org", "acme", "--scopes", "*");
  expect(await gateway.json("keys", "list", "--org", "acme")).toMatchObject([{ role: "primary" }, { id: theirs.id }]);
  const books = await gateway.json("keys", "create", "books", "--admin", "--scopes", "ledger:verify,metrics:read");
  expect(books.key).toMatch(/^ag_admin_/);
  expect((await gateway.run(["keys", "list", "--admin"])).stdout).toMatch(
    /books +ag_admin_….{4} +ledger:verify metrics/,
  );
  expect(await gateway.json("me")).toMatchObject({ kind: "admin", org_id: null, key: null });
  const ambiguous = await gateway.json("keys", "create", "theirs", "--org", "acme", "--scopes", "tasks:call");
  const { exitCode, stderr } = await run("show", "theirs");
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(ambiguous.id)]);
});
