// Each package as npm users get it: installed alone into an empty project, and used, on every Node.js it is for.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { freePort, temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { packAll, root } from "./testing/packed.ts";
import { type Registry, startRegistry } from "./testing/registry.ts";
import { nodeOf, run } from "./testing/toolchain.ts";

let registry: Registry;
const closers: (() => unknown)[] = [];
beforeAll(async () => {
  registry = await startRegistry(await packAll());
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
  await registry?.close();
});

interface Project {
  path: string;
  env: Record<string, string>;
  run(command: string, ...args: string[]): Promise<string>;
  start(
    command: string,
    args: string[],
    until: RegExp,
    env?: Record<string, string>,
  ): Promise<{ match: RegExpExecArray; child: ChildProcess }>;
}

/** An empty project with some packages installed as a user would, on one Node.js. */
async function projectOf(node: string, ...packages: string[]): Promise<Project> {
  const { path, remove } = temporaryDirectory("release");
  closers.push(remove);
  const env = {
    PATH: [join(path, "node_modules/.bin"), node, process.env.PATH].join(delimiter),
    npm_config_registry: registry.url,
    npm_config_update_notifier: "false",
    NODE_OPTIONS: "",
  };
  writeFileSync(join(path, "package.json"), '{"name":"empty","private":true,"type":"module"}');
  const project: Project = {
    path,
    env,
    run: (command, ...args) => run(command, args, path, env),
    async start(command, args, until, more = {}) {
      const child = spawn(command, args, {
        cwd: path,
        env: { ...process.env, ...env, ...more },
        stdio: ["ignore", "pipe", "pipe"],
      });
      closers.push(() => child.kill("SIGKILL"));
      let output = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
      await vi.waitFor(() => expect(until.test(output) || child.exitCode !== null).toBe(true), { timeout: 300_000 });
      const match = until.exec(output);
      if (!match) throw new Error(`${command} ended:\n${output}`);
      return { match, child };
    },
  };
  await project.run("npm", "install", "--no-audit", "--no-fund", ...packages);
  return project;
}

const AGENT = `import { createServer } from "node:http";
createServer((request, response) => {
  request.resume();
  response.setHeader("content-type", "application/json").end('{"artifacts":[{"parts":[{"type":"text","text":"Hi!"}]}]}');
}).listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listens"));`;

describe.each([22, 24])("on Node.js %s", (major) => {
  let node: string;
  let cli: Project;
  let url: string;
  let served: ChildProcess;
  beforeAll(async () => {
    node = await nodeOf(major);
    cli = await projectOf(node, "@agentgate/cli");
    const args = ["serve", "--dev", "--port", "0", "--data", "data", "--json"];
    const { match, child } = await cli.start("agentgate", args, /"url":"(http:[^"]+)"/, {
      AGENTGATE_API_KEY: "the-admin-key",
    });
    [, url = ""] = match;
    served = child;
  });

  test("the command installs with all that it needs, and nothing runs at install", async () => {
    expect(JSON.parse(await cli.run("npm", "ls", "--all", "--json")).problems).toBeUndefined();
    const lock = JSON.parse(readFileSync(join(cli.path, "package-lock.json"), "utf8"));
    const scripted = Object.entries<any>(lock.packages).filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(scripted.map(([name]) => name)).toEqual([]);
    expect([...registry.asked].sort()).toEqual(
      expect.arrayContaining(["@agentgate/cli", "@agentgate/dashboard", "@agentgate/gateway"]),
    );
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect((await cli.run("agentgate", "--version")).trim()).toBe(version);
    expect(await cli.run("node", "--version")).toMatch(new RegExp(`^v${major}\\.`));
  });

  test("it deploys an agent and shows the call", async () => {
    const port = await freePort();
    writeFileSync(join(cli.path, "agent.mjs"), AGENT);
    await cli.start("node", ["agent.mjs"], /listens/, { PORT: `${port}` });
    writeFileSync(
      join(cli.path, "agentgate.yaml"),
      `name: my-agent\nurl: http://127.0.0.1:${port}\nskills: [{id: echo, name: Echo}]\n`,
    );
    const known = ["--server", url, "--api-key", "the-admin-key", "--json"];
    const { id } = JSON.parse(await cli.run("agentgate", "deploy", ".", ...known));
    const answer = await fetch(`${url}/agents/${id}/task`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    expect(await answer.json()).toEqual({ artifacts: [{ parts: [{ type: "text", text: "Hi!" }] }] });
    expect(JSON.parse(await cli.run("agentgate", "logs", "my-agent", ...known))).toMatchObject([{ status: "success" }]);
    for (const page of ["/", "/marketplace", "/dashboard", "/guide", "/guide/quickstart", "/docs"]) {
      const { status } = await fetch(`${url}${page}`, { headers: { accept: "text/html" } });
      expect([page, status]).toEqual([page, 200]);
    }
  });

  test("the client calls it, alone and with strict types", async () => {
    const project = await projectOf(node, "@agentgate/client");
    writeFileSync(
      join(project.path, "call.ts"),
      `import { AgentGateClient, GatewayError, type Agent } from "@agentgate/client";
      const gateway = new AgentGateClient({ baseUrl: ${JSON.stringify(url)}, apiKey: "the-admin-key" });
      const [agent]: Agent[] = await gateway.listAgents({ skill: "echo" });
      console.log(JSON.stringify(await gateway.sendTask(agent!.id, "Hello!")));
      try { await gateway.getAgent("00000000-0000-4000-8000-000000000000"); }
      catch (error) { if (GatewayError.isInstance(error)) console.log(error.code); }`,
    );
    expect(await project.run("node", "call.ts")).toContain("Hi!");
    const strict = [
      "--strict",
      "--skipLibCheck",
      "false",
      "--noEmit",
      "--target",
      "es2023",
      "--module",
      "nodenext",
      "--lib",
      "es2023,dom,dom.iterable",
    ];
    await project.run(join(root, "node_modules/.bin/tsc"), ...strict, "call.ts");
  });

  test("the site kit serves a site, alone", async () => {
    const project = await projectOf(node, "@agentgate/site", "zod");
    const readme = readFileSync(join(root, "packages/site/README.md"), "utf8");
    const port = await freePort();
    const [, program = ""] = /```ts\n(\/\/ shop\.ts[\s\S]*?)```/.exec(readme) ?? [];
    writeFileSync(
      join(project.path, "shop.ts"),
      `${program.replace("listen(3000)", `listen(${port}, () => console.log("listens"))`)}`,
    );
    await project.start("node", ["shop.ts"], /listens/);
    const call = [
      "call",
      `localhost:${port}`,
      "search_products",
      "query=head",
      "--api-key",
      "sk-an-example-of-a-key",
      "--json",
    ];
    expect(await cli.run("agentgate", ...call)).toContain("Headphones");
  });

  test.each([
    ["plain", ["Hello"], "You said: Hello"],
    ["a2a", ["Hello"], "You said: Hello"],
    ["mcp", ["echo", "text=Hello"], "You said: Hello"],
    ["site", ["search_products", "query=green"], "Green tea"],
  ])("init makes a %s that npm start and dev run", async (template, words, answer) => {
    await cli.run("agentgate", "init", template, "--template", template);
    const directory = join(cli.path, template);
    const inside = (command: string, ...args: string[]) => run(command, args, directory, cli.env);
    await inside("npm", "install", "--no-audit", "--no-fund");
    await inside("npm", "run", "typecheck");
    const start = ["--prefix", directory, "start"];
    const { child: started } = await cli.start("npm", start, /listens/, { PORT: `${await freePort()}` });
    const ended = once(started, "exit");
    started.kill("SIGTERM");
    await ended;
    const file = join(directory, "agentgate.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace(":9000", `:${await freePort()}`));
    const known = { AGENTGATE_SERVER: url, AGENTGATE_API_KEY: "the-admin-key" };
    const registered = /"event":"registered","data":\{"id":"([^"]+)"/;
    const { match, child } = await cli.start("agentgate", ["dev", directory, "--json"], registered, known);
    const call = ["call", match[1]!, ...words, "--server", url, "--api-key", "the-admin-key"];
    expect(await cli.run("agentgate", ...call)).toContain(answer);
    const left = once(child, "exit");
    child.kill("SIGINT");
    expect(await left).toEqual([0, null]);
  });

  test("a program of one's own starts the gateway, and the vocabulary stands alone", async () => {
    const project = await projectOf(node, "@agentgate/gateway");
    writeFileSync(
      join(project.path, "gateway.mjs"),
      `import { readConfig, startServer } from "@agentgate/gateway";
      import { microDollarsFromNumber } from "@agentgate/protocol";
      if (microDollarsFromNumber(0.05) !== 50000n) throw new Error("money");
      const server = await startServer(readConfig(process.env));
      console.log(server.url);
      process.once("SIGTERM", () => server.stop());`,
    );
    const env = { AGENTGATE_PORT: "0", AGENTGATE_DATA_DIR: "data", AGENTGATE_API_KEY: "the-admin-key" };
    const { match, child } = await project.start("node", ["gateway.mjs"], /http:\S+/, env);
    expect((await fetch(`${match[0]}/health`)).status).toBe(200);
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });

  test("the command stops when it is told to", async () => {
    const ended = once(served, "exit");
    served.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });
});
