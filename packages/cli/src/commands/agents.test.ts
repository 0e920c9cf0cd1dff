import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { awayFromMidnight, freePort, temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startAnsweringAgent } from "../testing/answering-agent.ts";
import { runProgram } from "../testing/run-agentgate.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

let gateway: ServedGateway;
let answering: Awaited<ReturnType<typeof startAnsweringAgent>>;
let directory: ReturnType<typeof temporaryDirectory>;
beforeAll(async () => {
  [gateway, answering] = await Promise.all([serveGateway(), startAnsweringAgent()]);
  directory = temporaryDirectory("agents");
});
afterAll(async () => {
  await Promise.all([gateway?.stop("SIGKILL"), answering?.close()]);
  directory?.remove();
});

let path: string;
let name: string;
let count = 0;
/** Every test has an agent file of its own. */
beforeEach(() => {
  count += 1;
  name = `agent-${count}`;
  path = join(directory.path, name);
  mkdirSync(path);
  write();
});
const write = (more = "") =>
  writeFileSync(join(path, "agentgate.yaml"), `name: ${name}\nurl: ${answering.url}\nversion: 1.0.0 # first\n${more}`);

const deploy = () => gateway.json("deploy", path);

describe("deploy", () => {
  test("registers what the file says", async () => {
    write("description: It chats\nskills:\n- id: chat\n  name: Chat\ntags: [demo]\nprice_per_task: 0.05\n");
    const agent = await deploy();
    expect(agent).toMatchObject({
      name,
      url: answering.url,
      version: "1.0.0",
      description: "It chats",
      skills: [{ id: "chat", name: "Chat" }],
      tags: ["demo"],
      price_per_task: 0.05,
    });
    const stored = await fetch(`${gateway.url}/agents/${agent.id}`);
    expect(await stored.json()).toMatchObject({ id: agent.id, name });
  });

  test("says in words where the agent is now", async () => {
    const { exitCode, stdout } = await gateway.run(["deploy", join(path, "agentgate.yaml")]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`Registered ${name} 1\\.0\\.0\n`));
    expect(stdout).toMatch(/POST http:\/\/127\.0\.0\.1:\d+\/agents\/[0-9a-f-]{36}\/task/);
    const [, address = "", type = "", body = ""] =
      /^ {2}curl -s (\S+) -H 'Content-Type: (\S+)' \\\n {4}-d '(.+)'$/m.exec(stdout) ?? [];
    const answer = await fetch(address, { method: "POST", headers: { "content-type": type }, body });
    expect(answer.status).toBe(200);
  });

  test("prints a curl with the key of the environment where one is needed, and none where there is no such key", async () => {
    for (const field of ["price_per_task: 1", "agent_api_key: hush-hush"]) {
      write(`${field}\n`);
      const { stdout } = await gateway.run(["deploy", path, "--new"]);
      const curl = / {2}(curl -s [\s\S]+?')\n/.exec(stdout)?.[1] ?? "";
      expect(curl).toContain('-H "Authorization: Bearer $AGENTGATE_API_KEY"');
      const pasted = await runProgram("bash", ["-c", curl], { env: { AGENTGATE_API_KEY: gateway.adminKey } });
      expect(pasted.stdout).toContain("hi");
      const args = ["deploy", path, "--new", "--api-key", gateway.adminKey];
      const given = await gateway.run(args, { env: { AGENTGATE_API_KEY: "" } });
      expect(given.stdout).toContain("agentgate call ");
      expect(given.stdout).not.toContain("curl");
    }
    write();
  });

  test("does not register the same name and version twice, unless it is told to", async () => {
    const { id } = await deploy();
    const again = await gateway.run(["deploy", path]);
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain(`${name} 1.0.0 is registered already (${id})`);
    for (const way of [`agentgate update ${id} --file ${path}`, `agentgate bump patch ${path}`, "--new"])
      expect(again.stderr).toContain(way);
    expect((await gateway.json("deploy", path, "--new")).id).not.toBe(id);
    expect(await gateway.json("bump", "minor", path)).toMatchObject({ new_version: "1.1.0" });
    expect(await deploy()).toMatchObject({ version: "1.1.0", health: "healthy" });
  });

  test("what the gateway does not reach is registered, and it says so", async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    writeFileSync(join(path, "agentgate.yaml"), `name: ${name}\nurl: ${nowhere}\n`);
    const { exitCode, stdout, stderr } = await gateway.run(["deploy", path, "--wait", "1", "--json"]);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      health: "unhealthy",
      card_url: expect.stringMatching(/^http.*\/card$/),
    });
    expect(JSON.parse(stderr).error).toMatchObject({
      code: "agent_unhealthy",
      hint: expect.stringContaining("doctor"),
    });
  });

  test("a dry run shows it without a gateway, and keeps the key to itself", async () => {
    write("agent_api_key: hush-hush\n");
    const nowhere = { env: { AGENTGATE_SERVER: "http://127.0.0.1:9" } };
    const words = await gateway.run(["deploy", path, "--dry-run"], nowhere);
    expect(words.exitCode).toBe(0);
    expect(words.stdout).toContain(`name           ${name}`);
    const json = await gateway.run(["deploy", path, "--dry-run", "--json"], nowhere);
    expect(JSON.parse(json.stdout)).toMatchObject({ name, version: "1.0.0", agent_api_key: "***" });
    expect(words.stdout + json.stdout).not.toContain("hush-hush");
  });

  test("a field that nobody knows stops it", async () => {
    write("price_per_taks: 5\n");
    const { exitCode, stderr } = await gateway.run(["deploy", path]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('unknown field "price_per_taks"; did you mean "price_per_task"?');
  });

  test("a file that is wrong is explained by field and line", async () => {
    write("price_per_task: free\n");
    const { exitCode, stderr } = await gateway.run(["deploy", path]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${path}/agentgate.yaml:4:1: price_per_task must be an amount of dollars`);
  });

  test("a directory without the file is told what to write", async () => {
    const { exitCode, stderr } = await gateway.run(["deploy", directory.path]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`There is no agentgate.yaml in ${directory.path}`);
    expect(stderr).toContain("name: my-agent");
  });

  test.each([
    ["no key", { AGENTGATE_API_KEY: "" }],
    ["a wrong key", { AGENTGATE_API_KEY: "wrong-key" }],
  ])("with %s it says how to give one", async (_, env) => {
    const { exitCode, stderr } = await gateway.run(["deploy", path], { env });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("AGENTGATE_API_KEY");
  });

  test("what the gateway refuses is passed on", async () => {
    writeFileSync(join(path, "agentgate.yaml"), `name: ${name}\nurl: http://user:secret@example.com\n`);
    const { exitCode, stderr } = await gateway.run(["deploy", path, "--json"]);
    expect(exitCode).toBe(1);
    const { error } = JSON.parse(stderr);
    expect(error).toMatchObject({ status: 400, message: expect.stringContaining("Invalid URL") });
    expect(error.request_id).toBeTruthy();
  });
});

describe("list", () => {
  test("shows agents, by skill and tag", async () => {
    write(`skills: [{ id: skill-${count} }]\ntags: [tag-${count}]\n`);
    const { id } = await deploy();
    for (const filter of [
      ["--skill", `SKILL-${count}`],
      ["--tag", `tag-${count}`],
    ]) {
      expect(await gateway.json("list", ...filter)).toMatchObject([{ id }]);
    }
    const { stdout } = await gateway.run(["list", "--tag", `tag-${count}`]);
    const [title, row, ...rest] = stdout.trimEnd().split("\n");
    expect(title).toMatch(/^ID +NAME +VERSION +PRICE +SKILLS +TAGS +URL$/);
    expect(row).toMatch(new RegExp(`^${id}  ${name} +1\\.0\\.0 +free  skill-${count} +tag-${count} +http`));
    expect(rest).toEqual([]);
  });

  test("says so when there is nothing", async () => {
    expect(await gateway.run(["list", "--skill", "no-such-skill"])).toMatchObject({
      exitCode: 0,
      stdout: "No agent matches. `agentgate list` shows all of them.\n",
    });
    expect(await gateway.json("list", "--skill", "no-such-skill")).toEqual([]);
    expect((await gateway.run(["list", "--offset", "1000"])).stdout).toBe("No more agents.\n");
  });

  test("needs no key, and takes the server from the option before the environment", async () => {
    const env = { AGENTGATE_API_KEY: "", AGENTGATE_SERVER: "http://127.0.0.1:9" };
    for (const args of [
      ["list", "--server", gateway.url],
      ["--server", gateway.url, "list"],
      ["--server", "http://127.0.0.1:9", "list", "--server", gateway.url],
    ]) {
      expect(await gateway.run([...args, "--json"], { env })).toMatchObject({ exitCode: 0 });
    }
  });
});

describe("update", () => {
  test("changes the fields that are given", async () => {
    const { id } = await deploy();
    const hook = `${answering.url}/hook`;
    const changed = await gateway.json(
      "update",
      id,
      "--version",
      "1.1.0",
      "--price",
      "0.25",
      "--tags",
      "a, b",
      "--description",
      "",
    );
    expect(changed).toMatchObject({
      id,
      name,
      version: "1.1.0",
      price_per_task: 0.25,
      tags: ["a", "b"],
      description: "",
      url: answering.url,
    });
    expect(await gateway.json("update", id, "--skills", '[{"id":"x"}]', "--webhook-url", hook)).toMatchObject({
      skills: [{ id: "x" }],
      webhook_url: hook,
    });
    expect(await gateway.json("update", id, "--timeout", "90s")).toMatchObject({ timeout_ms: 90_000 });
    const moved = await gateway.run(["update", id, "--webhook-url", `${hook}/moved`, "--price", "1"]);
    expect(moved.stdout).toContain(`    webhook_url: ${hook} → ${hook}/moved\n    price_per_task: 0.25 → 1\n`);
    expect((await gateway.run(["update", id, "--price", "1"])).stdout).toContain("\n    It was so before\n");
    expect(moved.stdout).toMatch(/\nWebhook secret +whsec_\S+\nIt is shown only now/);
    expect(await gateway.json("update", id, "--webhook-url", "")).toMatchObject({
      webhook_url: null,
      version: "1.1.0",
    });
  });

  test("takes all fields from a file; options win", async () => {
    const { id } = await deploy();
    write("description: from the file\ntags: [file]\ntimeout_ms: 45000\n");
    const changed = await gateway.json("update", name, "--file", path, "--tags", "option");
    expect(changed).toMatchObject({ id, description: "from the file", tags: ["option"], timeout_ms: 45_000 });
  });

  test("an agent may be named when only one has the name", async () => {
    await deploy();
    await gateway.json("deploy", path, "--new");
    const several = await gateway.run(["update", name, "--version", "2.0.0"]);
    expect(several.exitCode).toBe(1);
    expect(several.stderr).toContain(`2 agents are called "${name}"`);
    expect(several.stderr.match(/[0-9a-f-]{36} {2}\(version 1\.0\.0\)/g)).toHaveLength(2);
    const none = await gateway.run(["update", "nobody", "--version", "2.0.0", "--json"]);
    expect(JSON.parse(none.stderr).error).toMatchObject({ code: "agent_not_found" });
  });
});

test("names of others cannot control the terminal", async () => {
  const evil = `evil-${count}\u001b[2J\u009b1m`;
  const response = await fetch(`${gateway.url}/agents/`, {
    method: "POST",
    headers: { authorization: `Bearer ${gateway.adminKey}`, "content-type": "application/json" },
    body: JSON.stringify({ name: evil, url: answering.url }),
  });
  const { id } = (await response.json()) as { id: string };
  const runs = await Promise.all([
    gateway.run(["list"]),
    gateway.run(["list", "--json"]),
    gateway.run(["usage", id]),
    gateway.run(["update", id, "--version", "2"]),
  ]);
  for (const { exitCode, stdout } of runs) {
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`evil-${count}`);
    for (const control of ["\u001b", "\u009b"]) expect(stdout).not.toContain(control);
  }
});

describe("delete", () => {
  test("removes the agent once it is confirmed", async () => {
    const { id } = await deploy();
    const unconfirmed = await gateway.run(["delete", id]);
    expect(unconfirmed.exitCode).toBe(2);
    expect(unconfirmed.stderr).toContain("--yes");
    expect(await gateway.json("delete", id, "--yes")).toEqual({ deleted: id });
    expect((await fetch(`${gateway.url}/agents/${id}`)).status).toBe(404);
    const gone = await gateway.run(["delete", id, "--yes"]);
    expect(gone.exitCode).toBe(1);
    expect(gone.stderr).toMatch(/^error: /);
  });
});

describe("calls", () => {
  const call = (id: string, task: unknown) =>
    fetch(`${gateway.url}/agents/${id}/task`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(task),
    });

  test("logs, usage and billing show them", async () => {
    await awayFromMidnight();
    const { id } = await deploy();
    expect((await gateway.run(["logs", id])).stdout).toBe("No calls yet.\n");
    expect((await gateway.run(["billing", id])).stdout).toBe("No calls in the last 30 days.\n");
    expect((await gateway.run(["usage", id])).stdout).toMatch(/Last call +never/);

    const first = await call(id, { id: "task-1" });
    expect(first.status).toBe(200);
    answering.fails(true);
    expect((await call(id, { id: "task-2" })).status).toBe(502);
    answering.fails(false);

    await expect.poll(() => gateway.json("logs", name)).toHaveLength(2);
    expect(await gateway.json("logs", id)).toMatchObject([
      { task_id: "task-2", status: "error", error_detail: "http_500" },
      {
        task_id: "task-1",
        status: "success",
        error_detail: null,
        request_id: first.headers.get("x-request-id"),
      },
    ]);
    expect(await gateway.json("logs", id, "--limit", "1", "--offset", "1")).toMatchObject([{ task_id: "task-1" }]);
    expect((await gateway.run(["logs", id, "--limit", "1"])).stderr).toBe("note: there may be more: --offset 1\n");
    expect((await gateway.run(["list", "--limit", "1", "--offset", "1000"])).stderr).toBe("");
    const { stdout } = await gateway.run(["logs", id]);
    expect(stdout).toMatch(
      /^TIME +STATUS +LATENCY +PAID +CALLER +TASK +ERROR +PAYER\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +error +[\d.]+ ms +127\.0\.0\.1 +task-2 +http_500\n/,
    );

    expect(await gateway.json("usage", id)).toMatchObject({ total_invocations: 2, total_errors: 1 });
    expect((await gateway.run(["usage", id])).stdout).toMatch(/Calls +2\nErrors +1\n/);
    const breakdown = await gateway.json("billing", id, "--period", "month", "--days", "60");
    expect(breakdown).toMatchObject({ period: "month", days: 60, breakdown: [{ invocations: 2, errors: 1 }] });
    expect((await gateway.run(["billing", id])).stdout).toMatch(
      /^DAY +CALLS +ERRORS +AVERAGE\n\d{4}-\d\d-\d\d +2 +1 +[\d.]+ ms\ntotal +2 +1 /,
    );
    const series = await gateway.json("stats", id, "--last", "2h", "--step", "1h");
    expect([series.step, Math.max(...series.points.map(({ error }: any) => error))]).toEqual([3600, 1]);
    expect((await gateway.run(["stats", id])).stdout).toMatch(/^FROM \(UTC\) +OK +FAILED +AGENTS P50 +/);
    expect((await gateway.run(["stats", "--top", "error"])).stdout).toMatch(/^ERROR +OK +FAILED .*\nhttp_500 +0 +1/);
    expect((await gateway.run(["stats", "--last", "soon"])).stderr).toMatch(/90m, 24h or 7d/);
    const { agents } = await gateway.json("search", "--sort", "calls", "--price-max", "1", "--protocol", "plain");
    expect(agents.map((agent: any) => agent.id)).toContain(id);
    expect((await gateway.run(["search", "--rating-min", "5"])).stdout).toBe("No agent matches.\n");
    expect((await gateway.run(["search", "--health", "moon"])).exitCode).not.toBe(0);
  });

  test("are shown to the owner only", async () => {
    const { id } = await deploy();
    const { exitCode, stderr } = await gateway.run(["logs", id], { env: { AGENTGATE_API_KEY: "" } });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("AGENTGATE_API_KEY");
  });
});

describe("bump", () => {
  test("raises the version and leaves the rest of the file", async () => {
    const before = readFileSync(join(path, "agentgate.yaml"), "utf8");
    const dry = await gateway.run(["bump", "minor", path, "--dry-run"]);
    expect(dry).toMatchObject({ exitCode: 0, stdout: `${path}/agentgate.yaml: 1.0.0 → 1.1.0 (not written)\n` });
    expect(readFileSync(join(path, "agentgate.yaml"), "utf8")).toBe(before);
    expect(await gateway.json("bump", "minor", path)).toEqual({
      file: `${path}/agentgate.yaml`,
      old_version: "1.0.0",
      new_version: "1.1.0",
    });
    expect(readFileSync(join(path, "agentgate.yaml"), "utf8")).toBe(before.replace("1.0.0", "1.1.0"));
    expect(await gateway.run(["bump", "patch"], { cwd: path })).toMatchObject({
      exitCode: 0,
      stdout: "agentgate.yaml: 1.1.0 → 1.1.1\n",
    });
  });
});

test("status tells how the gateway is", async () => {
  const { exitCode, stdout } = await gateway.run(["status"]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`The gateway at ${gateway.url} is ready`);
  expect(stdout).toMatch(/Database +ok/);
  expect(await gateway.json("status")).toMatchObject({
    server: gateway.url,
    version: expect.stringMatching(/^\d/),
    ready: true,
    checks: { database: "ok" },
    agents: { healthy: expect.any(Number) },
  });
});

test("status names the agents that are not healthy, and why", async () => {
  const silent = createServer((_, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as AddressInfo;
  writeFileSync(join(path, "agentgate.yaml"), `name: silent-agent\nurl: http://127.0.0.1:${port}\n`);
  const { id } = await gateway.json("deploy", path, "--no-wait");
  const unhealthy = async () => (await gateway.json("status")).agents.unhealthy_agents;
  await expect.poll(unhealthy, { timeout: 60_000 }).toContainEqual({
    id,
    name: "silent-agent",
    last_check: expect.any(String),
    error: expect.stringContaining("GET /health with 200"),
  });
  const { exitCode, stdout } = await gateway.run(["status"]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/silent-agent +\d{4}-\d\d-\d\d .* HTTP 404; /);
  await gateway.json("delete", id, "--yes");
  silent.close();
});

test("a gateway, or an agent's name, that is taken for a site is told for what it is", async () => {
  const discovered = await gateway.run(["discover", gateway.url]);
  expect(discovered.exitCode).toBe(1);
  expect(discovered.stderr).toContain("is an AgentGate gateway, not a site");
  expect(discovered.stderr).toContain(`agentgate list --server ${gateway.url}`);
  const called = await gateway.run(["call", "no-such-agent", "hello"]);
  expect([called.exitCode, called.stderr]).toEqual([1, expect.stringContaining('There is no agent "no-such-agent"')]);
});

test("a site that answers as well as a gateway, but is none, is no gateway", async () => {
  const healthy = JSON.stringify({ status: "ok", version: "3.2.1" });
  const site = createServer(({ url }, response) => {
    response.writeHead(url === "/health" ? 200 : 404).end(url === "/health" ? healthy : "{}");
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  const { port } = site.address() as AddressInfo;
  const { exitCode, stderr } = await gateway.run(["discover", `127.0.0.1:${port}`]);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("does not support agentgate")]);
  site.close();
});
