import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { AgentGateClient } from "@agentgate/client";
import { temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { hasTerminal, onTerminal } from "../testing/on-terminal.ts";
import { binPath, runProgram } from "../testing/run-agentgate.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

let gateway: ServedGateway;
let example: ExampleAgent;
let admin: AgentGateClient;
let agent: { id: string };
let org: { id: string; name: string; key: string; env: Record<string, string> };
beforeAll(async () => {
  [gateway, example] = await Promise.all([serveGateway(), serveExampleAgent()]);
  admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: gateway.adminKey });
  const { id, api_key } = await admin.createOrg("acme");
  org = { id, name: "acme", key: api_key!, env: { AGENTGATE_API_KEY: api_key! } };
  agent = await admin.registerAgentByCard(`${example.url}/.well-known/agent-card.json`, { name: "known" });
});
afterAll(() => Promise.all([gateway?.stop("SIGKILL"), example?.close()]));

test("card and health tell what the gateway knows of an agent", async () => {
  const [card, shown, checked] = await Promise.all([
    gateway.json("card", "known"),
    gateway.run(["card", "known"]),
    gateway.run(["health", "known", "--check"]),
  ]);
  expect(card).toMatchObject({ name: "known", skills: [{ id: "show" }] });
  // Each signature is another.
  const unsigned = ({ signatures: _, ...rest }: Record<string, unknown>) => rest;
  expect(unsigned(JSON.parse(shown.stdout))).toEqual(unsigned(card));
  expect([checked.exitCode, checked.stdout]).toEqual([0, expect.stringMatching(/Health +healthy\nChecked .* UTC/)]);
});

test("tasks are listed by state, and reviews by their stars", async () => {
  await admin.sendTask(agent.id, "ask");
  const asked = await gateway.json("tasks", "known", "--state", "input-required");
  expect(asked.entries).toMatchObject([{ agent_id: agent.id, state: "TASK_STATE_INPUT_REQUIRED" }]);
  expect((await gateway.run(["tasks", "known"])).stdout).toMatch(/input-required +known/);
  expect((await gateway.run(["tasks", "known", "--state", "failed"])).stdout).toBe(
    "No such tasks. They are kept of agents that speak A2A.\n",
  );
  expect(await gateway.json("review", "known", "4", "Quick")).toMatchObject({ rating: 4, comment: "Quick" });
  expect(await gateway.json("reviews", "known")).toMatchObject({
    review_count: 1,
    avg_rating: 4,
    reviews: [{ rating: 4 }],
  });
  expect((await gateway.run(["reviews", "known"])).stdout).toMatch(/Rating +4 of 5, by 1\nStars +5: 0 {2}4: 1/);
  expect((await gateway.run(["review", "known", "6"])).exitCode).toBe(2);
});

test("a statement is the account of a month: in words, as JSON, and as CSV for the books", async () => {
  await admin.topupOrg(org.id, 5);
  const month = new Date().toISOString().slice(0, 7);
  const [shown, told, csv, empty, wrong] = await Promise.all([
    gateway.run(["statement"], org),
    gateway.json("statement", "acme", "--month", month),
    gateway.run(["statement", "--format", "csv"], org),
    gateway.run(["statement", "--month", "2020-01"], org),
    gateway.run(["statement", "--month", "yesterday"], org),
  ]);
  expect([shown.exitCode, shown.stderr]).toEqual([0, ""]);
  expect(shown.stdout).toMatch(
    /^Organization +acme \(.*\)\nMonth .*\nOpening +\$0\.00\ntopup +\$5\.00 in 1\nClosing +\$5\.00\n/,
  );
  expect(shown.stdout).toMatch(/TIME +TYPE .*\n.* topup .*\$5\.00/);
  expect(told).toMatchObject({ org_id: org.id, month, opening_balance: 0, closing_balance: 5 });
  expect(told.lines).toMatchObject([{ tx_type: "topup", change: 5, balance: 5 }]);
  expect(csv.stdout.trimEnd().split("\n").slice(1)).toEqual([expect.stringContaining("topup")]);
  expect([empty.exitCode, empty.stdout]).toEqual([0, expect.stringMatching(/Closing +\$0\.00\nReconciled .*\n$/)]);
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("agentgate help statement")]);
});

test("a card that says something else is taken in when its agent is refreshed", async () => {
  const card = await (await fetch(`${example.url}/.well-known/agent-card.json`)).json();
  let description = "as it was";
  const told = createServer((_request, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ ...(card as object), description }));
  });
  await new Promise<void>((resolve) => told.listen(0, "127.0.0.1", resolve));
  const { port } = told.address() as AddressInfo;
  try {
    await admin.registerAgentByCard(`http://127.0.0.1:${port}/card.json`, { name: "changing" });
    expect(await gateway.run(["refresh", "changing"])).toMatchObject({
      exitCode: 0,
      stdout: "Its card says what it said before.\n",
    });
    description = "as it is";
    const shown = await gateway.run(["refresh", "changing", "--dry-run"]);
    expect(shown.stdout).toMatch(/description: "as it was" → "as it is"\n[\s\S]*Would change changing/);
    expect(await gateway.json("refresh", "changing")).toMatchObject({ changed: true, agent: { description } });
    const unknown = await gateway.run(["refresh", "chanting"]);
    expect([unknown.exitCode, unknown.stderr]).toEqual([1, expect.stringContaining('Did you mean "changing"?')]);
  } finally {
    told.close();
  }
});

test("an agent is granted to an organization, and taken back", async () => {
  const hidden = await admin.registerAgentByCard(`${example.url}/.well-known/agent-card.json`, {
    ...{ name: "hidden", visibility: "granted" },
  });
  const seen = async () => (await gateway.run(["call", hidden.id, "text hi"], org)).exitCode;
  expect(await seen()).toBe(1);
  const terms = ["--price", "0", "--expires-in", "1h"];
  expect(await gateway.json("agents", "grant", hidden.id, org.id, ...terms)).toMatchObject({
    actions: ["discover", "call"],
  });
  await expect.poll(seen).toBe(0);
  expect((await gateway.run(["agents", "grants", "hidden"])).stdout).toMatch(new RegExp(`${org.id} +call +\\$0\\.00`));
  // The admin knows organizations by their names too.
  expect(await gateway.json("agents", "revoke", "hidden", "acme")).toEqual({ revoked: org.id });
  const absent = await gateway.run(["agents", "revoke", "hidden", org.id]);
  expect([absent.exitCode, absent.stderr]).toEqual([1, expect.stringContaining("agentgate agents grants AGENT")]);
  expect((await gateway.run(["agents", "grants", "hidden"])).stdout).toContain("granted to no other organization");
  await expect.poll(seen).toBe(1);
});

test("an organization is changed, and its browsers are signed out", async () => {
  const updated = await gateway.run(["org", "update", "--wallet-low", "5"], org);
  expect([updated.exitCode, updated.stdout]).toEqual([
    0,
    expect.stringMatching(/Updated acme\n[\s\S]*Low +below \$5\.00/),
  ]);
  expect((await gateway.run(["org", "update"], org)).exitCode).toBe(2);
  const { url } = await new AgentGateClient({ baseUrl: gateway.url, apiKey: org.key }).createSignInLink();
  const signIn = { origin: gateway.url, "sec-fetch-site": "same-origin", "x-agentgate-web": "1" };
  const begun = await fetch(`${gateway.url}/session`, {
    method: "POST",
    headers: { ...signIn, "content-type": "application/json" },
    body: JSON.stringify({ code: new URL(url).searchParams.get("code") }),
  });
  expect(begun.status).toBe(200);
  const listed = JSON.parse((await gateway.run(["sessions", "list", "--json"], org)).stdout);
  expect(listed.entries).toHaveLength(1);
  expect((await gateway.run(["sessions", "end"], org)).exitCode).toBe(2);
  expect((await gateway.run(["sessions", "end", listed.entries[0].id], org)).stdout).toContain("Signed it out");
  expect((await gateway.run(["sessions"], org)).stdout).toBe("No browser is signed in.\n");
  const ended = await gateway.run(["sessions", "end", listed.entries[0].id], org);
  expect([ended.exitCode, ended.stderr]).toEqual([1, expect.stringContaining("`agentgate sessions` shows them")]);
  const odd = await gateway.run(["webhooks", "show", "odd"], org);
  expect([odd.exitCode, odd.stderr]).toEqual([1, expect.stringContaining('"odd" is not an id, such as ')]);
});

test("a file that is no YAML is told with line and column", async () => {
  const { path, remove } = temporaryDirectory("bad-yaml");
  mkdirSync(join(path, "agent"));
  writeFileSync(join(path, "agent/agentgate.yaml"), "name: a\nurl: http://a.example\n  tags: [x\n");
  const { exitCode, stderr } = await gateway.run(["deploy", "agent"], { cwd: path });
  remove();
  expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/^error: agent\/agentgate\.yaml:\d+:\d+: /)]);
});

test("a reader that has seen enough is no failure", async () => {
  const script = `'${process.execPath}' '${binPath}' card known | head -c 1; echo " \${PIPESTATUS[0]}"`;
  const { stdout, stderr } = await runProgram("bash", ["-c", script], { env: { AGENTGATE_SERVER: gateway.url } });
  expect([stdout, stderr]).toEqual(["{ 0\n", ""]);
});

test.skipIf(!hasTerminal)("every table fits 60 columns", async () => {
  const env = { ...org.env, AGENTGATE_SERVER: gateway.url, NO_COLOR: "1" };
  await new AgentGateClient({ baseUrl: gateway.url, apiKey: org.key }).sendTask(agent.id, "text hi");
  const commands = [
    "list",
    "search",
    "tasks --role payer",
    "logs --role payer",
    "transactions",
    "keys list",
    "org entries",
  ];
  const screens = await Promise.all(commands.map((line) => onTerminal(line.split(" "), { env, columns: 60 })));
  for (const [at, { exitCode, screen }] of screens.entries()) {
    expect([commands[at], exitCode]).toEqual([commands[at], 0]);
    for (const line of screen.split("\n")) expect(line.length, `${commands[at]}: ${line}`).toBeLessThanOrEqual(60);
  }
});
