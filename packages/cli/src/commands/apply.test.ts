import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { AgentGateClient } from "@agentgate/client";
import { AgentApp, none } from "@agentgate/site";
import { toNodeHandler } from "@agentgate/site/node";
import { temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type SdkServer, startSdkServer, testTools } from "../../../gateway/src/mcp-servers/testing/sdk-server.ts";
import { startAnsweringAgent } from "../testing/answering-agent.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

let gateway: ServedGateway;
let answering: Awaited<ReturnType<typeof startAnsweringAgent>>;
let admin: AgentGateClient;
const directory = temporaryDirectory("apply");
const path = join(directory.path, "gateway.yaml");
beforeAll(async () => {
  [gateway, answering] = await Promise.all([serveGateway(), startAnsweringAgent()]);
  admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: gateway.adminKey });
});
afterAll(async () => {
  await Promise.all([gateway?.stop("SIGKILL"), answering?.close()]);
  directory.remove();
});
beforeEach(async () => {
  for (const { id } of await admin.listChains()) await admin.deleteChain(id);
  for (const { id } of await admin.listAgents()) await admin.deleteAgent(id);
  for (const { id } of await admin.listOrgs()) await admin.deleteOrg(id, { force: true });
});

const apply = (text: string, args: string[] = [], env: Record<string, string> = {}) => {
  writeFileSync(path, text);
  return gateway.run(["apply", "-f", path, ...args], { env });
};
const file = () => `
version: 1
orgs:
  - name: acme
    tier: pro
agents:
  - name: translator
    org: acme
    url: ${answering.url}
    version: 1.0
    price_per_task: 0.05
    tags: [words]
    agent_api_key: { env: TRANSLATOR_KEY }
  - name: writer
    url: ${answering.url}
webhooks:
  - url: ${answering.url}/hook
    org: acme
    events: [wallet.low, task.failed]
chains:
  - name: brief
    org: acme
    steps:
      - agent: translator
        input_template: "Translate: {input}"
        agent_api_key: { env: TRANSLATOR_KEY }
      - agent: writer
`;
/** A website and an MCP server, each with prices of its own, and a chain that calls them by what is for sale there. */
async function soldBySkill() {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const shop = new AgentApp({ title: "Shop", auth: none(), baseUrl: site })
    .intent("search", { description: "Search", handler: () => ["tea"] })
    .intent("buy", { description: "Buy", handler: () => "bought" });
  server.on("request", toNodeHandler(shop));
  const tools: SdkServer = await startSdkServer(testTools(), "both");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await tools.close();
  });
  return `
agents:
  - name: shop
    site: ${site}/
    price_per_task: 0.5
    prices: { search: 0, buy: 0.5 }
  - name: calculator
    mcp: ${tools.url}
    prices: { add: 0.02, fail: 0 }
chains:
  - name: tea
    steps:
      - agent: shop
        skill: search
        input_template: "{}"
      - agent: calculator
        skill: add
        input_template: '{"a":1,"b":2}'
`;
}
const secret = { TRANSLATOR_KEY: "the-translators-key" };

describe("apply", () => {
  test("makes what the file says, tells each step, and then has nothing to do", async () => {
    const dry = await apply(file(), ["--dry-run"], secret);
    expect(dry).toMatchObject({ exitCode: 0, stderr: "" });
    expect(dry.stdout).toMatch(/\+ agent acme\/translator\n {4}url: http/);
    expect(dry.stdout).toContain("    price_per_task: 0.05\n");
    expect(dry.stdout).toContain("5 to create, 0 to change, 0 to delete, 0 as they should be");
    expect(await admin.listOrgs()).toEqual([]);

    const made = await apply(file(), [], secret);
    expect(made).toMatchObject({ exitCode: 0, stderr: "" });
    expect(made.stdout).toMatch(/✓ Created org acme\n {4}key: ag_org_\S+ {3}\(shown only now\)\n/);
    expect(made.stdout).toMatch(/✓ Created webhook acme\/http\S+\n {4}secret: whsec_\S+/);
    const done = [...made.stdout.matchAll(/✓ Created (\w+)/g)].map(([, kind]) => kind);
    expect(done).toEqual(["org", "agent", "agent", "webhook", "chain"]);
    expect(made.stdout).not.toContain(secret.TRANSLATOR_KEY);
    const [chain] = await admin.listChains();
    const agents = await admin.listAgents();
    const [org] = await admin.listOrgs();
    expect(agents.map(({ name, version, org_id }) => [name, version, org_id])).toEqual([
      ["writer", "1.0.0", null],
      ["translator", "1.0", org!.id],
    ]);
    expect(chain!.steps).toEqual([
      { agent_id: agents[1]!.id, input_template: "Translate: {input}", skill: null, has_agent_api_key: true },
      { agent_id: agents[0]!.id, input_template: null, skill: null, has_agent_api_key: false },
    ]);
    expect(await admin.runChain(chain!.id, "x")).toMatchObject({ status: "success" });

    // The keys are there, so their variables need not be.
    const again = await apply(file());
    expect(again).toMatchObject({
      exitCode: 0,
      stdout: "0 to create, 0 to change, 0 to delete, 5 as they should be\n",
    });
  });

  test("changes what differs, and shows how", async () => {
    await apply(file(), [], secret);
    const changed = file()
      .replace("0.05", "0.06")
      .replace("tier: pro", "tier: enterprise")
      .replace("Translate: ", "Übersetze: ")
      .replace("[wallet.low, task.failed]", "[task.failed]");
    const { exitCode, stdout } = await apply(changed);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("~ org acme\n    tier: pro → enterprise\n");
    expect(stdout).toContain("~ agent acme/translator\n    price_per_task: 0.05 → 0.06\n");
    expect(stdout).toContain("0 to create, 4 to change, 0 to delete, 1 as they should be");
    const [chain] = await admin.listChains();
    expect(chain!.steps[0]).toMatchObject({ input_template: "Übersetze: {input}", has_agent_api_key: true });
    expect((await admin.getLatestAgent("translator")).price_per_task).toBe(0.06);
    const sent = await apply(changed, ["--update-secrets"], { TRANSLATOR_KEY: "another-key" });
    expect(sent.stdout).toMatch(/key: from TRANSLATOR_KEY\n[\s\S]*steps\.1\.agent_api_key: from TRANSLATOR_KEY/);
    expect(await admin.runChain(chain!.id, "x")).toMatchObject({ status: "success" });
  });

  test("an export applied to the same gateway changes nothing; to an empty one, it makes the same", async () => {
    await apply(file(), [], secret);
    const [org] = await admin.listOrgs();
    await admin.registerAgent("twin", answering.url, { version: "1.0.0" });
    await admin.registerAgent("twin", answering.url, { version: "1.0.0", description: "the other" });
    const [other] = await admin.listAgents();
    await admin.createChain("by the admin", [{ agentId: other!.id }]);
    await admin.updateOrg(org!.id, { rateLimit: 7, walletLowThreshold: 3 });
    const exported = await gateway.run(["export", "-o", path, "--force"]);
    expect(exported).toMatchObject({ exitCode: 0, stdout: `✓ Wrote ${path}\n` });
    const text = readFileSync(path, "utf8");
    for (const key of [secret.TRANSLATOR_KEY, "whsec_", "ag_org_"]) expect(text).not.toContain(key);
    expect(text).toContain("agent_api_key:\n      env: AGENTGATE_AGENT_KEY_TRANSLATOR\n");
    for (const args of [[], ["--prune"]]) {
      const { exitCode, stdout } = await apply(text, args);
      expect([exitCode, stdout]).toEqual([0, "0 to create, 0 to change, 0 to delete, 8 as they should be\n"]);
    }
    const json = await gateway.json("export");
    expect(json.chains.map(({ steps }: any) => steps.map(({ agent }: any) => agent))).toEqual([
      ["translator", "writer"],
      [other!.id],
    ]);

    await Promise.all((await admin.listChains()).map(({ id }) => admin.deleteChain(id)));
    await Promise.all((await admin.listAgents()).map(({ id }) => admin.deleteAgent(id)));
    await admin.deleteOrg(org!.id);
    const without = text.replace(/- name: by the admin[\s\S]*$/, "");
    const anew = await apply(without, [], { AGENTGATE_AGENT_KEY_TRANSLATOR: secret.TRANSLATOR_KEY });
    expect(anew).toMatchObject({ exitCode: 0, stderr: "" });
    const { chains, agents } = await gateway.json("export");
    expect(chains).toEqual([json.chains[0]]);
    expect(agents.map(({ id: _, ...agent }: any) => agent)).toEqual(
      json.agents.map(({ id: _, ...agent }: any) => agent),
    );
  });

  test("a website and an MCP server with prices are made, run, and exported so that they are the same elsewhere", async () => {
    const text = await soldBySkill();
    const made = await apply(text);
    expect(made).toMatchObject({ exitCode: 0, stderr: "" });
    const told = async () =>
      (await admin.listAgents()).map(({ name, protocol, price_per_task, prices }) => [
        name,
        protocol,
        price_per_task,
        prices,
      ]);
    const sold = [
      ["calculator", "mcp", 0.02, { add: 0.02, fail: 0 }],
      ["shop", "site", 0.5, { search: 0, buy: 0.5 }],
    ];
    expect(await told()).toEqual(sold);
    const [chain] = await admin.listChains();
    expect(chain!.steps.map(({ skill }) => skill)).toEqual(["search", "add"]);
    expect(await admin.runChain(chain!.id, "x")).toMatchObject({ status: "success", final_output: '{"sum":3}' });
    const nothing = "0 to create, 0 to change, 0 to delete, 3 as they should be\n";
    expect((await apply(text)).stdout).toBe(nothing);

    const { stdout: exported } = await gateway.run(["export"]);
    expect(exported).toMatch(/ {4}site: http:\S+\n[\s\S]* {4}mcp: http:\S+\n/);
    expect(exported).not.toContain("skills:");
    expect((await apply(exported, ["--prune"])).stdout).toBe(nothing);
    for (const { id } of await admin.listChains()) await admin.deleteChain(id);
    for (const { id } of await admin.listAgents()) await admin.deleteAgent(id);
    expect(await apply(exported)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await told()).toEqual(sold);
    expect((await gateway.run(["export"])).stdout).toBe(exported);

    // What names no skill costs as much as the dearest: the gateway says so, and does not give it away.
    const refused = await apply(text.replace("add: 0.02", "add: 0.03"));
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/price_per_task.*add costs \$?0\.03/),
    ]);
    const dearer = text.replace("prices: { add: 0.02", "price_per_task: 0.03\n    prices: { add: 0.03");
    expect((await apply(dearer)).stdout).toContain("~ agent calculator\n    price_per_task: 0.02 → 0.03\n");
    expect((await told())[0]).toEqual(["calculator", "mcp", 0.03, { add: 0.03, fail: 0 }]);
  });

  test("what is said of an MCP server is made, told, changed, and exported so that it is the same elsewhere", async () => {
    const tools = await startSdkServer(testTools(), "both");
    onTestFinished(() => tools.close());
    const text = `
agents:
  - name: calculator
    mcp: ${tools.url}
    tools: { include: [add], prices: { add: "0.02" } }
    trust: auto
    session: shared
  - name: everything
    mcp: ${tools.url}
`;
    expect(await apply(text)).toMatchObject({ exitCode: 0, stderr: "" });
    const told = async () =>
      Promise.all(
        (await admin.listAgents())
          .sort((a, b) => (a.name < b.name ? -1 : 1))
          .map(async ({ id }) => {
            const { tools: terms, trust, session, prices, skills } = await admin.getAgent(id);
            return { terms, trust, session, prices, skills: skills.map((skill) => skill.id) };
          }),
      );
    const said = [
      { terms: { include: ["add"] }, trust: "auto", session: "shared", prices: { add: 0.02 }, skills: ["add"] },
      { terms: { include: null }, trust: "pin", session: "caller", prices: undefined, skills: ["add", "fail"] },
    ];
    expect(await told()).toEqual(said);
    const nothing = "0 to create, 0 to change, 0 to delete, 2 as they should be\n";
    expect((await apply(text)).stdout).toBe(nothing);
    const { stdout: exported } = await gateway.run(["export"]);
    expect(exported).toMatch(/ {4}tools:\n {6}include:\n {8}- add\n {4}trust: auto\n {4}session: shared\n/);
    expect((await apply(exported, ["--prune"])).stdout).toBe(nothing);
    for (const { id } of await admin.listAgents()) await admin.deleteAgent(id);
    expect(await apply(exported)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await told()).toEqual(said);

    const changed = await apply(text.replace("[add]", "[fail, add]").replace("trust: auto", "trust: pin"));
    expect(changed.stdout).toContain(
      '~ agent calculator\n    tools: {"include":["add"]} → {"include":["add","fail"]}\n    trust: auto → pin\n',
    );
    expect((await told())[0]).toMatchObject({ terms: { include: ["add", "fail"] }, trust: "pin", session: "shared" });
    const stranger = await apply(`agents:\n  - name: plain\n    url: ${answering.url}\n    trust: pin\n`);
    expect([stranger.exitCode, stranger.stderr]).toEqual([
      1,
      expect.stringContaining("agent plain: trust is said of MCP servers alone"),
    ]);
  });

  test("prunes only what it shows, of the kinds that the file has, a chain before its agents", async () => {
    await apply(file(), [], secret);
    const smaller = `orgs:\n  - name: acme\nagents:\n  - name: writer\n    url: ${answering.url}\nchains: []\n`;
    expect((await apply(smaller)).stdout).toContain("0 to delete");
    const unasked = await apply(smaller, ["--prune"]);
    expect([unasked.exitCode, unasked.stderr]).toEqual([2, expect.stringContaining("Add --yes")]);
    expect(await admin.listChains()).toHaveLength(1);
    const pruned = await apply(smaller, ["--prune", "--yes"]);
    expect(pruned).toMatchObject({ exitCode: 0, stderr: "" });
    expect(pruned.stdout).toMatch(
      /- chain acme\/brief\n- agent acme\/translator\n[\s\S]*✓ Deleted chain acme\/brief\n✓ Deleted agent/,
    );
    expect((await admin.listAgents()).map(({ name }) => name)).toEqual(["writer"]);
    // The file says nothing of webhooks.
    expect(await admin.listWebhookEndpoints()).toHaveLength(1);
  });

  test("no chain is left without its agent", async () => {
    await apply(file(), [], secret);
    const agents = `agents:\n  - name: writer\n    url: ${answering.url}\n`;
    const { exitCode, stdout, stderr } = await apply(agents, ["--prune", "--yes"]);
    expect([exitCode, stdout]).toEqual([0, "0 to create, 0 to change, 0 to delete, 1 as they should be\n"]);
    expect(stderr).toContain("agent acme/translator is not in the file and stays: a chain that stays has it");
    const named = `${agents}chains:\n  - name: brief\n    org: acme\n    steps:\n      - agent: translator\n`;
    const refused = await apply(named, ["--prune", "--yes"]);
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('there is no agent "translator"')]);
    expect(await admin.listAgents()).toHaveLength(2);
  });

  test("everything that is wrong with a file is told with its line, before anything is done", async () => {
    const { exitCode, stderr } = await apply(
      [
        ...["version: 2", "agents:", "  - name: a", "    price: 3", "    url: http://a", "    agent_api_key: plain"],
        ...["chains:", "  - name: c", "    steps: []", "webhook: []"],
      ].join("\n"),
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain("gateway.yaml:1: version must be 1");
    expect(stderr).toContain('gateway.yaml:4: unknown field "price"');
    expect(stderr).toMatch(/gateway\.yaml:6: agent_api_key is a secret.*say \{ env: NAME \}/);
    expect(stderr).toContain("gateway.yaml:9: steps must be a list of one step or more");
    expect(stderr).toContain('gateway.yaml:10: unknown section "webhook"; did you mean "webhooks"?');
    const terms = await apply(
      [
        ...["agents:", "  - name: a", "    mcp: http://a.example", "    tools:", "      include: [add]"],
        ...[
          "      price: { add: 1 }",
          "    trust: never",
          "  - name: b",
          "    site: http://b.example",
          "    session: caller",
        ],
      ].join("\n"),
    );
    expect(terms.stderr).toContain('gateway.yaml:6: tools has an unknown field "price"; did you mean "prices"?');
    expect(terms.stderr).toContain("gateway.yaml:7: trust must be pin or auto");
    expect(terms.stderr).toContain("gateway.yaml:10: session is said of MCP servers alone: remove it");
    const lost = await apply("agents:\n  - name: a\n    url: http://a.example\n    org: nobody\n");
    expect(lost.stderr).toContain('agent nobody/a: there is no organization "nobody"');
    const keyless = await apply(file());
    expect([keyless.exitCode, keyless.stderr]).toEqual([
      2,
      expect.stringContaining("TRANSLATOR_KEY, which is not set"),
    ]);
    expect(await admin.listOrgs()).toEqual([]);
    expect((await gateway.run(["apply", "-f", "/nowhere.yaml"])).exitCode).toBe(2);
    expect((await apply("agents: &a [*a]")).exitCode).toBe(1);
  });

  test("with an organization's key, of its own alone; what was done before a failure is told", async () => {
    const { api_key } = await admin.createOrg("small");
    const own = { AGENTGATE_API_KEY: api_key! };
    const agents = Array.from({ length: 6 }, (_, n) => `  - name: a${n}\n    url: ${answering.url}\n`);
    const failed = await apply(`agents:\n${agents.join("")}`, ["--json"], own);
    expect(failed.exitCode).toBe(1);
    expect(JSON.parse(failed.stdout).done).toHaveLength(5);
    expect(JSON.parse(failed.stderr).error).toMatchObject({ code: "agent_limit_reached" });
    const exported = await gateway.run(["export"], { env: own });
    expect(exported.stdout).toContain("- name: a4\n");
    expect(exported.stdout).not.toContain("org: small");
    expect((await apply(exported.stdout, ["--prune", "--yes"], own)).stdout).toContain(
      "0 to create, 0 to change, 0 to delete, 6 as",
    );
    const foreign = await apply("orgs:\n  - name: another\n", [], own);
    expect(foreign.stderr).toContain("only the admin creates organizations");
  });
});
