import { AgentGateClient } from "@agentgate/client";
import type { CreatedOrg } from "@agentgate/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startAnsweringAgent } from "../testing/answering-agent.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

let gateway: ServedGateway;
let answering: Awaited<ReturnType<typeof startAnsweringAgent>>;
let admin: AgentGateClient;
beforeAll(async () => {
  [gateway, answering] = await Promise.all([serveGateway(), startAnsweringAgent()]);
  admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: gateway.adminKey });
});
afterAll(() => Promise.all([gateway?.stop("SIGKILL"), answering?.close()]));

let org: CreatedOrg;
let own: { env: Record<string, string> };
let count = 0;
beforeEach(async () => {
  count += 1;
  org = await admin.createOrg(`org-${count}`);
  own = { env: { AGENTGATE_API_KEY: org.api_key! } };
});

describe("org", () => {
  test("is created, listed and shown", async () => {
    const name = `acme-${count}`;
    const { exitCode, stdout } = await gateway.run(["org", "create", name, "--tier", "pro", "--cost", "0.002"]);
    expect(exitCode).toBe(0);
    const [, id] = /Id +([0-9a-f-]{36})\nKey +ag_org_[\w-]+\nIt is shown only now/.exec(stdout) ?? [];
    expect(await gateway.json("org", "show", name)).toMatchObject({ id, tier: "pro", cost_per_invocation: 0.002 });
    expect((await gateway.run(["org", "list"])).stdout).toMatch(new RegExp(`${id}  ${name} +pro +\\$0\\.00 `));
    const again = await gateway.run(["org", "create", name]);
    expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("exists already") });
    const given = ["org", "create", `${name}-2`, "--key", "chosen-key", "--rate-limit", "0.5", "--rate-burst", "2"];
    expect(await gateway.json(...given)).toMatchObject({ rate_limit: 0.5, rate_burst: 2 });
  });

  test("shows what has moved its wallet, what is put aside, and what is left of its limits", async () => {
    await admin.topupOrg(org.id, 5);
    const entries = await gateway.run(["org", "entries"], own);
    expect(entries.stdout).toMatch(/topup +\$5\.00 +\$5\.00/);
    expect((await gateway.run(["org", "holds"], own)).stdout).toBe("Nothing is put aside.\n");
    const limits = await gateway.run(["org", "limits", "--json"], own);
    expect(JSON.parse(limits.stdout)[1]).toMatchObject({ scope: "payer", rate: 10, burst: 20, rejected_1h: 0 });
    const settings = await gateway.json("settings");
    expect(settings.map(({ env }: { env: string }) => env)).toContain("AGENTGATE_PORT");
    expect((await gateway.run(["nodes"])).stdout).toMatch(/lives/);
    expect(await gateway.json("open")).toEqual({ url: expect.stringContaining("/sign-in?code="), expires_in: 60 });
  });

  test("shows itself, and nobody who does not exist", async () => {
    const { stdout } = await gateway.run(["org", "show"], own);
    expect(stdout).toMatch(new RegExp(`^Id +${org.id}\nName +${org.name}\nTier +free\nBalance +\\$0\\.00\n`));
    expect(stdout).toMatch(
      /Requests +10 per second, 20 at once\nMetering +\$0\.001 per call of its agents\nAlert +none\n/,
    );
    const { exitCode, stderr } = await gateway.run(["org", "list"], own);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("Give the admin key, which this needs")]);
  });

  test("changes its key in two steps", async () => {
    const { new_api_key } = JSON.parse((await gateway.run(["org", "rotate-key", "--json"], own)).stdout);
    expect((await gateway.run(["wallet"], own)).exitCode).toBe(0);
    const next = { env: { AGENTGATE_API_KEY: new_api_key } };
    expect((await gateway.run(["org", "rotate-key", "--confirm"], next)).stdout).toBe("✓ The old key is dead\n");
    expect((await gateway.run(["wallet"], own)).stderr).toContain("Invalid API key");
    expect((await gateway.run(["wallet"], next)).exitCode).toBe(0);
    expect((await gateway.run(["org", "rotate-key", org.name])).stdout).toContain(`org rotate-key ${org.id} --confirm`);
  });

  test("does not end the key in use unless that is meant", async () => {
    const rotate = (key: string, ...more: string[]) =>
      gateway.run(["org", "rotate-key", ...more], { env: { AGENTGATE_API_KEY: key } });
    const keyIn = (stdout: string) => /New key +(ag_org_[\w-]+)\n/.exec(stdout)![1]!;
    const first = keyIn((await rotate(org.api_key!)).stdout);
    const early = await rotate(org.api_key!, "--confirm");
    expect([early.exitCode, early.stderr]).toEqual([
      1,
      expect.stringMatching(/is the old one[\s\S]+AGENTGATE_API_KEY=… /),
    ]);
    const again = await rotate(first);
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringMatching(/not confirmed[\s\S]+Confirm it first/)]);
    for (const key of [org.api_key!, first]) {
      expect((await gateway.run(["wallet"], { env: { AGENTGATE_API_KEY: key } })).exitCode).toBe(0);
    }
    const replacing = await rotate(org.api_key!);
    expect(replacing.stdout).toContain("the key that it had made is dead");
    expect((await rotate(org.api_key!, "--confirm", "--yes")).stdout).toBe("✓ The old key is dead\n");
    expect((await gateway.run(["wallet"], { env: { AGENTGATE_API_KEY: keyIn(replacing.stdout) } })).exitCode).toBe(0);
  });

  test("is deleted with a confirmation, and with its money only by force", async () => {
    await admin.topupOrg(org.id, 3);
    expect(await gateway.run(["org", "delete", org.name])).toMatchObject({ exitCode: 2 });
    const kept = await gateway.run(["org", "delete", org.name, "--yes"]);
    expect(kept).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("The wallet holds 3.0000 USD") });
    expect(kept.stderr).toContain("On the command line: --force");
    expect(await gateway.json("org", "delete", org.name, "--yes", "--force")).toEqual({ deleted: org.id });
    expect((await gateway.run(["org", "show", org.id])).exitCode).toBe(1);
  });
});

describe("wallet", () => {
  test("shows balance, tier and limits", async () => {
    await admin.topupOrg(org.id, 1234.5);
    const { exitCode, stdout } = await gateway.run(["wallet", org.id], own);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Balance +\$1,234\.50\n/);
    expect(stdout).toMatch(/Held +\$0\.00 /);
    expect(stdout).toMatch(/Tier +free, 3% fee\n/);
    expect(stdout).toMatch(/Agents +0 of 5\n/);
    expect(await gateway.json("wallet", org.id)).toMatchObject({ org_id: org.id, balance: 1234.5, held: 0 });
  });

  test("the admin may use the organization's name", async () => {
    expect(await gateway.json("wallet", org.name)).toMatchObject({ org_id: org.id });
    const unknown = await gateway.run(["wallet", "nobody"]);
    expect(unknown.exitCode).toBe(1);
    expect(unknown.stderr).toContain('There is no organization "nobody"');
    const nobody = await gateway.run(["wallet"]);
    expect(nobody.exitCode).toBe(1);
    expect(nobody.stderr).toContain("The admin key belongs to no organization");
  });

  test("an organization need not name itself, but may", async () => {
    for (const named of [[], ["me"], [org.name]]) {
      const { exitCode, stdout } = await gateway.run(["wallet", ...named, "--json"], own);
      expect({ exitCode, ...JSON.parse(stdout) }).toMatchObject({ exitCode: 0, org_id: org.id });
    }
    const { exitCode, stderr } = await gateway.run(["wallet", "somebody"], own);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`"somebody" is not the organization of this key, which is ${org.name}`);
  });

  test("is shown to its owner only", async () => {
    const other = await admin.createOrg(`other-${count}`);
    const { exitCode, stderr } = await gateway.run(["wallet", other.id, "--json"], own);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stderr).error).toMatchObject({ status: 403, hint: expect.stringContaining("owns it") });
  });
});

describe("topup", () => {
  test("adds money", async () => {
    expect(await gateway.run(["topup", org.id, "50"], own)).toMatchObject({
      exitCode: 0,
      stdout: `✓ Added $50.00 to ${org.name}; the balance is $50.00\n`,
    });
    expect(await gateway.json("topup", org.id, "0.000001")).toMatchObject({
      amount_added: 0.000001,
      new_balance: 50.000001,
    });
  });

  test("adds it once under one idempotency key", async () => {
    const once = ["topup", org.id, "5", "--idempotency-key", `invoice-${count}`];
    expect((await gateway.run(once)).stdout).toBe(`✓ Added $5.00 to ${org.name}; the balance is $5.00\n`);
    await admin.topupOrg(org.id, 1);
    const again = `✓ Added earlier, under the same key: $5.00 to ${org.name}; the balance was $5.00 then\n`;
    expect((await gateway.run(once)).stdout).toBe(again);
    expect(await gateway.json(...once)).toMatchObject({ amount_added: 5, replayed: true });
    expect((await admin.getOrgWallet(org.id)).balance).toBe(6);
  });

  test("an amount of nothing is refused by the gateway", async () => {
    const { exitCode, stderr } = await gateway.run(["topup", org.id, "0"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Amount must be a positive number");
  });
});

describe("transactions", () => {
  test("shows what was paid and earned", async () => {
    const empty = await gateway.run(["transactions", org.id], own);
    expect(empty).toMatchObject({ exitCode: 0, stdout: "No transactions yet.\n" });

    const seller = await admin.createOrg(`seller-${count}`);
    const agent = await admin.registerAgent(`paid-${count}`, answering.url, { pricePerTask: 1, orgId: seller.id });
    await admin.topupOrg(org.id, 10);
    const payer = new AgentGateClient({ baseUrl: gateway.url, apiKey: org.api_key });
    await payer.sendTask(agent.id, "hi");

    expect(await gateway.json("transactions", org.id, "--role", "payer")).toMatchObject([
      { tx_type: "task", amount: 1, fee: 0.03, net: 0.97, payer_org_id: org.id, receiver_org_id: seller.id },
    ]);
    const { stdout } = await gateway.run(["transactions", org.id], own);
    const [title, task, topup] = stdout.split("\n");
    expect(title).toMatch(/^TIME +TYPE +AGENT +AMOUNT +FEE +NET +DIRECTION +ID$/);
    expect(task).toMatch(new RegExp(`task +paid-${count} +\\$1\\.00 +\\$0\\.03 +\\$0\\.97 +out +[0-9a-f-]{36}$`));
    expect(topup).toMatch(/topup +\$10\.00 +\$0\.00 +\$10\.00 +in /);
    const page = await gateway.run(["transactions", seller.id, "--limit", "1"]);
    expect(page.stdout).toMatch(/\$0\.97 +in /);
    expect(page.stderr).toBe("note: there may be more: --offset 1\n");
    expect((await gateway.run(["transactions", seller.id, "--limit", "1", "--json"])).stderr).toBe("");
    expect((await gateway.run(["transactions", org.id, "--offset", "9"])).stdout).toBe("No more transactions.\n");

    expect(await gateway.json("transactions", seller.id, "--summary")).toMatchObject({
      total_earned: 0.97,
      total_fees_paid: 0.03,
    });
    const summary = await gateway.run(["transactions", org.id, "--summary"], own);
    expect(summary.stdout).toMatch(
      /Balance +\$9\.00\nSpent +\$1\.00 in 1 transactions\nEarned +\$0\.00 in 0 transactions\n/,
    );
  });
});

describe("tier", () => {
  test("shows and changes it", async () => {
    expect((await gateway.run(["tier", org.id], own)).stdout).toMatch(
      /Tier +free\nAgents +5\nRequests +10 per second, 20 at once\nFee +3%\n/,
    );
    const changed = await gateway.run(["tier", org.id, "pro"], own);
    expect(changed.exitCode).toBe(0);
    expect(changed.stdout).toContain(`${org.name} moved from free to pro`);
    expect(changed.stdout).toMatch(/Agents +50\n/);
    expect(await gateway.json("tier", org.id)).toMatchObject({ tier: "pro", tier_limits: { fee_pct: 0.025 } });
    await gateway.run(["org", "update", org.id, "--rate-limit", "60"]);
    expect((await gateway.run(["tier", org.id], own)).stdout).toMatch(
      /Requests +60 per second, 200 at once; its own, in place of the tier's 100 per second, 200 at once\n/,
    );
    const again = await gateway.run(["tier", org.id, "pro"]);
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain("Already on tier: pro");
  });
});
