import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryDirectory } from "@agentgate/testing";
import { compileCache, programArguments } from "@agentgate/testing/programs";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const data = temporaryDirectory("start");
afterAll(() => data.remove());

async function start(env: Record<string, string> = {}) {
  const child = spawn(process.execPath, programArguments(new URL("main.ts", import.meta.url)), {
    cwd: root,
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: compileCache(),
      AGENTGATE_PORT: "0",
      AGENTGATE_DATA_DIR: `${data.path}/data`,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const exited = once(child, "close");
  await expect.poll(() => output.includes("Press Ctrl-C") || child.exitCode !== null).toBe(true);
  return { child, exited, output: () => output };
}

test("the first start prints a key and a curl that answers; Ctrl-C stops all of it; the second start keeps what was", async () => {
  const first = await start();
  const key = /Admin key {2}(ag_admin_\S+)/.exec(first.output())?.[1];
  const url = /Gateway\s+(http:\S+)/.exec(first.output())?.[1];
  expect(key).toBeDefined();

  // Nothing for machines stands between what people read.
  expect(first.output()).not.toMatch(/^\{/m);

  const curl = /^ {2}curl [\s\S]+?'$/m.exec(first.output())?.[0];
  const { stdout } = await promisify(execFile)("bash", ["-c", curl!]);
  expect(JSON.parse(stdout)).toEqual({
    id: "task-1",
    status: { state: "completed" },
    artifacts: [{ parts: [{ type: "text", text: "Echo: Hello!" }] }],
  });

  const agents = (await (await fetch(`${url}/agents/`)).json()) as { id: string; name: string; url: string }[];
  expect(agents.map(({ name }) => name).sort()).toEqual(["calc-agent", "chain-agent", "echo-agent"]);
  const chain = agents.find(({ name }) => name === "chain-agent")!;
  const task = { message: { parts: [{ type: "text", text: "(5 + 3) * 2" }] } };
  const chained = await fetch(`${url}/agents/${chain.id}/task`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(task),
  });
  expect(JSON.stringify(await chained.json())).toContain("Echo: (5 + 3) * 2 = 16");
  const logs = await fetch(`${url}/agents/${chain.id}/logs`, { headers: { authorization: `Bearer ${key}` } });
  expect(await logs.json()).toHaveLength(1);

  first.child.kill("SIGINT");
  expect(await first.exited).toEqual([0, null]);
  for (const agent of agents) await expect(fetch(`${agent.url}/health`)).rejects.toThrow();

  const second = await start();
  expect(second.output()).toContain("as printed at the first start");
  expect(second.output()).toContain(chain.id);
  second.child.kill("SIGTERM");
  expect([...(await second.exited), second.output()]).toEqual([0, null, expect.stringContaining("Stopped.")]);
});

test("a port in use is one clear line", async () => {
  const first = await start();
  const port = /Gateway\s+http:\S+:(\d+)/.exec(first.output())![1]!;
  const second = await start({ AGENTGATE_PORT: port, AGENTGATE_DATA_DIR: `${data.path}/other` });
  expect(await second.exited).toEqual([1, null]);
  expect(second.output()).toBe(
    `Port ${port} on 127.0.0.1 is in use. Stop what uses it, or set AGENTGATE_PORT to another port.\n`,
  );
  first.child.kill("SIGINT");
  await first.exited;
});

/** Who writes to this output has ended: an agent holds its parent's, so nobody is left once it is closed. */
function everybodyGone(closed: Promise<unknown>, output: () => string): Promise<unknown> {
  const patience = delay(120_000, undefined, { ref: false }).then(() =>
    Promise.reject(new Error(`Somebody still runs after two minutes. The output so far:\n${output()}`)),
  );
  return Promise.race([closed, patience]);
}

test("an agent process ends with its parent, however that ends", async () => {
  const first = await start();
  first.child.kill("SIGKILL");
  await everybodyGone(first.exited, first.output);
});

test.skipIf(process.platform === "win32")("npm, told to stop, takes the gateway and its agents along", async () => {
  const npm = spawn("npm", ["start"], {
    cwd: root,
    env: { ...process.env, AGENTGATE_PORT: "0", AGENTGATE_DATA_DIR: `${data.path}/npm` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [npm.stdout, npm.stderr]) stream.on("data", (chunk) => (output += chunk));
  const closed = once(npm, "close");
  await expect.poll(() => output).toContain("Press Ctrl-C");
  npm.kill("SIGTERM");
  await everybodyGone(closed, () => output);
  expect(output).toContain("Stopped.");
});

test("whoever started it may stop listening: it ends in order", async () => {
  const { child, exited } = await start();
  child.stdout.destroy();
  child.stderr.destroy();
  child.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
});
