import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AgentGateClient } from "@agentgate/client";
import { freePort, temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAgentFile } from "../agent-file/parse-agent-file.ts";
import { binPath, cleanEnvironment, runAgentgate, runProgram } from "../testing/run-agentgate.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";
import type { Template } from "./make-agent.ts";

const modules = fileURLToPath(new URL("../../../../node_modules", import.meta.url));
let gateway: ServedGateway;
let admin: AgentGateClient;
let directory: ReturnType<typeof temporaryDirectory>;
beforeAll(async () => {
  directory = temporaryDirectory("init");
  gateway = await serveGateway();
  admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: gateway.adminKey });
});
afterAll(async () => {
  await gateway?.stop("SIGKILL");
  directory?.remove();
});

/** An agent as `init` makes it, with the packages that `npm install` would bring. */
async function make(name: string, template: string): Promise<string> {
  const made = await runAgentgate(["init", name, "--template", template, "--json"], { cwd: directory.path });
  expect(made.stderr).toBe("");
  expect(JSON.parse(made.stdout)).toMatchObject({ name, template, files: expect.arrayContaining(["package.json"]) });
  const path = join(directory.path, name);
  symlinkSync(modules, join(path, "node_modules"));
  return path;
}

/** Its agentgate.yaml says a port of its own. */
function listenOn(path: string, port: number): void {
  const file = join(path, "agentgate.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace(":9000", `:${port}`));
}

test("an agent that is there already is not written over", async () => {
  const made = await runAgentgate(["init", "kept"], { cwd: directory.path });
  expect([made.exitCode, made.stdout]).toEqual([0, expect.stringContaining("  cd kept\n")]);
  writeFileSync(join(directory.path, "kept/agent.ts"), "mine");
  const again = await runAgentgate(["init", "kept"], { cwd: directory.path });
  expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining("--force")]);
  expect(readFileSync(join(directory.path, "kept/agent.ts"), "utf8")).toBe("mine");
  const badly = await runAgentgate(["init", "a b/Ü"], { cwd: directory.path });
  expect([badly.exitCode, badly.stderr]).toEqual([2, expect.stringContaining("--name my-agent")]);
});

/** What is said to the first skill of each, and what comes back. */
const spoken: Record<Template, [words: string[], answer: string]> = {
  plain: [["good morning", "--stream"], "You said: good morning\n"],
  a2a: [["good morning", "--stream"], "You said: good morning\n"],
  mcp: [["echo", "text=good morning"], "You said: good morning\n"],
  site: [["search_products", "query=green", "max_results=1"], "ID  NAME       PRICE\np1  Green tea    4.5\n"],
};

test.each(Object.entries(spoken))(
  "%s: types are right, npm start runs it, deploy registers it, and the gateway has it answer",
  async (template, [words, answer]) => {
    const path = await make(`started-${template}`, template);
    const bin = { PATH: `${dirname(process.execPath)}:${join(modules, ".bin")}:${process.env.PATH}` };
    const types = await runProgram("npm", ["run", "-s", "typecheck"], { cwd: path, env: bin });
    expect([types.exitCode, types.stdout]).toEqual([0, ""]);
    const port = await freePort();
    listenOn(path, port);
    expect(parseAgentFile("agentgate.yaml", readFileSync(join(path, "agentgate.yaml"), "utf8"))).toBeTruthy();
    const env = cleanEnvironment({ PORT: `${port}`, PATH: `${join(process.execPath, "..")}:${process.env.PATH}` });
    const agent = spawn("npm", ["start"], { cwd: path, env, detached: true, stdio: "ignore" });
    try {
      // Sites and MCP servers are asked what they are when they are registered.
      const up = () => fetch(`http://127.0.0.1:${port}/health`).then((response) => response.status);
      await expect.poll(() => up().catch(() => 0)).toBe(200);
      const { id, health } = await gateway.json("deploy", path);
      expect(health).toBe("healthy");
      const { stdout } = await gateway.run(["call", id, ...words]);
      expect(stdout).toBe(answer);
    } finally {
      process.kill(-agent.pid!, "SIGKILL");
    }
  },
);

test("a site's own calls and its flow work without a gateway", async () => {
  const path = await make("shop", "site");
  const port = await freePort();
  const env = cleanEnvironment({ PORT: `${port}` });
  const site = spawn(process.execPath, ["--conditions=agentgate-source", "site.ts"], { cwd: path, env });
  try {
    const address = `http://127.0.0.1:${port}`;
    const page = () => fetch(address).then((response) => response.text());
    await expect.poll(() => page().catch(() => "")).toContain("<li>Teapot, $24.00</li>");
    const answers = "p1\n2\n1 Tea Street\n";
    const ordered = await runAgentgate(["flow", address, "checkout", "--json"], { input: answers });
    expect([ordered.exitCode, ordered.stdout]).toEqual([0, expect.stringContaining('"order_id":"order-')]);
  } finally {
    site.kill("SIGKILL");
  }
});

test("dev runs it, registers it, shows its calls, restarts it, and takes it off again", async () => {
  const path = await make("developed", "plain");
  const file = join(path, "agentgate.yaml");
  listenOn(path, await freePort());
  const env = cleanEnvironment({ AGENTGATE_SERVER: gateway.url, AGENTGATE_API_KEY: gateway.adminKey });
  const dev = spawn(process.execPath, [binPath, "dev", path, "--json"], { env });
  let [stdout, stderr] = ["", ""];
  dev.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  dev.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>((resolve) => dev.on("close", resolve));
  const events = () =>
    stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  const seen = (kind: string) => events().filter(({ event }) => event === kind);
  try {
    await expect.poll(() => seen("registered"), { message: stderr }).toHaveLength(1);
    const { id } = seen("registered")[0].data;
    const ask = async () => (await gateway.json("call", id, "there")).text;
    expect(await ask()).toBe("You said: there");
    await expect.poll(() => seen("call")[0]?.data).toMatchObject({ agent_id: id, status: "success" });

    const source = join(path, "agent.ts");
    const greeting = "(process.env.AGENTGATE_API_KEY ?? `Hello`) + `";
    writeFileSync(source, readFileSync(source, "utf8").replace("`You said", greeting));
    await expect.poll(() => seen("restarted").length).toBe(1);
    // What opens the gateway is handed to no agent.
    expect(await ask()).toBe("Hello: there");
    mkdirSync(join(path, ".cache"));
    writeFileSync(join(path, ".cache/file"), "");
    writeFileSync(file, readFileSync(file, "utf8").replace("Says what it was told", "Greets"));
    await expect.poll(async () => (await admin.getAgent(id)).description).toBe("Greets");

    dev.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(seen("unregistered")).toHaveLength(1);
    await expect(admin.getAgent(id)).rejects.toMatchObject({ status: 404 });
  } finally {
    dev.kill("SIGKILL");
  }
});

test("dev leaves what it registered, and looks at no file, when it is told so", async () => {
  const path = await make("kept-on", "plain");
  listenOn(path, await freePort());
  const env = cleanEnvironment({ AGENTGATE_SERVER: gateway.url, AGENTGATE_API_KEY: gateway.adminKey });
  const dev = spawn(process.execPath, [binPath, "dev", path, "--keep", "--no-watch", "--json"], { env });
  let stdout = "";
  dev.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  const ended = new Promise<number | null>((resolve) => dev.on("close", resolve));
  const seen = (kind: string) =>
    stdout
      .split("\n")
      .filter((line) => line.includes(`"${kind}"`))
      .map((line) => JSON.parse(line));
  try {
    await expect.poll(() => seen("registered")).toHaveLength(1);
    const { id } = seen("registered")[0].data;
    const ask = async () => (await gateway.json("call", id, "there")).text;
    const source = join(path, "agent.ts");
    writeFileSync(source, readFileSync(source, "utf8").replace("You said", "Changed"));
    await expect.poll(ask).toBe("You said: there");
    dev.kill("SIGINT");
    expect(await ended).toBe(0);
    expect([seen("restarted"), seen("kept")]).toEqual([[], [expect.objectContaining({ event: "kept" })]]);
    expect(await admin.getAgent(id)).toMatchObject({ name: "kept-on" });
  } finally {
    dev.kill("SIGKILL");
  }
});

test("dev tells what it lacks before anything starts", async () => {
  const empty = join(directory.path, "empty");
  mkdirSync(empty);
  writeFileSync(join(empty, "agentgate.yaml"), "name: empty\n");
  const { exitCode, stderr } = await gateway.run(["dev", empty]);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("command: node server.mjs")]);
  const keyless = await gateway.run(["dev", empty], { env: { AGENTGATE_API_KEY: "wrong" } });
  expect([keyless.exitCode, keyless.stderr]).toEqual([1, expect.stringContaining("agentgate login")]);
});
