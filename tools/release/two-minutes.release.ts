// The first two minutes of somebody who has nothing but Node.js: from the first command to the first task that was answered.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { freePort, temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packAll } from "./testing/packed.ts";
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

test("npx init, npm start, serve, deploy, call: within two minutes, with empty caches", async () => {
  const home = temporaryDirectory("newcomer");
  closers.push(home.remove);
  const env = {
    PATH: [await nodeOf(24), process.env.PATH].join(delimiter),
    HOME: home.path,
    npm_config_registry: registry.url,
    npm_config_cache: join(home.path, "cache"),
    npm_config_update_notifier: "false",
    npm_config_yes: "true",
    NODE_OPTIONS: "",
  };
  const times: string[] = [];
  let before = performance.now();
  const began = before;
  const done = (what: string) => {
    const now = performance.now();
    times.push(`${what} ${((now - before) / 1000).toFixed(1)} s`);
    before = now;
  };
  const start = async (
    command: string,
    args: string[],
    cwd: string,
    until: RegExp,
    more: Record<string, string> = {},
  ) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env, ...more }, detached: true });
    closers.push(() => process.kill(-child.pid!, "SIGKILL"));
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    await expect.poll(() => output, { timeout: 120_000 }).toMatch(until);
    return until.exec(output)!;
  };

  await run("npx", ["@agentgate/cli", "init", "my-agent"], home.path, env);
  done("npx @agentgate/cli init");
  const agent = join(home.path, "my-agent");
  const port = await freePort();
  const file = join(agent, "agentgate.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace(/(?<=127\.0\.0\.1|localhost):\d+/, `:${port}`));
  await start("npm", ["start"], agent, /listens/, { PORT: `${port}` });
  done("npm start");
  const served = ["@agentgate/cli", "serve", "--dev", "--port", "0", "--json"];
  const [, url = ""] = await start("npx", served, home.path, /"url":"(http:[^"]+)"/, {
    AGENTGATE_API_KEY: "the-admin-key",
  });
  done("npx @agentgate/cli serve --dev");
  const known = { ...env, AGENTGATE_SERVER: url, AGENTGATE_API_KEY: "the-admin-key" };
  const { id } = JSON.parse(await run("npx", ["@agentgate/cli", "deploy", "my-agent", "--json"], home.path, known));
  done("npx @agentgate/cli deploy");
  const body = JSON.stringify({ message: { parts: [{ type: "text", text: "Hello!" }] } });
  const answer = await fetch(`${url}/agents/${id}/task`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  expect(JSON.stringify(await answer.json())).toContain("You said: Hello!");
  done("the first task");
  const seconds = (performance.now() - began) / 1000;
  process.stderr.write(`${times.join(", ")}; ${seconds.toFixed(1)} s in all\n`);
  expect(seconds).toBeLessThan(120);
});
