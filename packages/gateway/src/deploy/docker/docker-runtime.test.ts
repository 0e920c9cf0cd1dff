import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ADMIN_KEY, startTestGateway, type TestGateway, textTask } from "../../testing/index.ts";
import { agentArchive } from "../testing/agent-archive.ts";
import { formOf, sendForm } from "../testing/form.ts";
import { ScriptedEngine } from "./testing/scripted-engine.ts";

let directory: string;
let engine: ScriptedEngine;
let gate: TestGateway;
const settings = () => ({
  dataDirectory: directory,
  deployRuntime: "docker" as const,
  dockerSocket: join(directory, "engine.sock"),
  allowPrivateNetworks: false,
  drainSeconds: 2,
});
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "agentgate-docker-"));
  engine = new ScriptedEngine();
  await engine.listen(join(directory, "engine.sock"));
  gate = await startTestGateway("sqlite", settings());
  await gate.gateway.start();
});
afterAll(async () => {
  await gate.close();
  engine.close();
  rmSync(directory, { recursive: true, force: true });
});

const deploy = async (archive: Buffer) => {
  const { status, body } = await sendForm(gate, formOf(archive), ADMIN_KEY);
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id as string;
};
const status = async (id: string) => (await gate.call("GET", `/deploy/${id}/status`)).body;
const runs = (id: string, release: number) =>
  expect.poll(() => status(id), { timeout: 60_000 }).toMatchObject({ running: true, running_release: release });
const ask = async (id: string) => {
  const { status, body } = await gate.call("POST", `/agents/${id}/task`, textTask("x"));
  return status === 200 ? body.artifacts[0].parts[0].text : `${status} ${body.detail}`;
};

test("an archive becomes an image and a container that has no way to privileges, and limits that the kernel keeps", async () => {
  const archive = agentArchive({ name: "contained", yaml: "env:\n  MODEL: small\n" });
  const id = await deploy(archive);
  await runs(id, 1);
  expect(await ask(id)).toBe("1");
  expect((await gate.call("GET", `/agents/${id}`)).body.url).not.toContain("127.0.0.1");
  const [container] = engine.running;
  expect((await status(id)).container_id).toBe(container!.id);
  expect(container!.body).toMatchObject({
    Image: `agentgate/${id}:1`,
    User: "1000:1000",
    WorkingDir: "/app/my-agent",
    Entrypoint: ["node", expect.stringContaining("--max-old-space-size"), "agent.mjs"],
    Env: expect.arrayContaining(["MODEL=small", "PORT=8080", "HOST=0.0.0.0", `AGENT_ID=${id}`]),
    HostConfig: {
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Memory: 536_870_912,
      MemorySwap: 536_870_912,
      NanoCpus: 1e9,
      PidsLimit: 128,
      NetworkMode: `agentgate-${id}`,
      PortBindings: { "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] },
    },
  });
  expect(JSON.stringify(container!.body)).not.toMatch(/Privileged|docker\.sock|CapAdd/);
  expect(engine.networks).toEqual(new Set([`agentgate-${id}`]));
  const logs = (await gate.call("GET", `/deploy/${id}/logs`)).body.logs;
  expect(logs).toMatch(/says npm[\s\S]*says hello/);

  await gate.call("PUT", `/deploy/${id}/secrets`, { MODEL_KEY: "s3cret" });
  await expect.poll(() => ask(id), { timeout: 60_000 }).toBe("1 MODEL_KEY=s3cret");

  engine.running.at(-1)!.end(1, true);
  await expect.poll(() => status(id), { timeout: 60_000 }).toMatchObject({ running: true, restarts: 1 });
  expect((await gate.call("GET", `/deploy/${id}/logs`)).body.logs).toContain("it used more memory than it may");

  const heard: string[] = [];
  const asked: Promise<unknown>[] = [];
  const timer = setInterval(() => asked.push(ask(id).then((answer) => heard.push(answer))), 20);
  await deploy(agentArchive({ name: "contained", version: "2" }));
  await runs(id, 2);
  clearInterval(timer);
  await Promise.all(asked);
  expect(heard.filter((answer) => !/^[12] MODEL_KEY=s3cret$/.test(answer))).toEqual([]);
  await expect
    .poll(() => [...engine.images].filter((tag) => tag.startsWith("agentgate/")))
    .toEqual([`agentgate/${id}:2`]);

  expect((await gate.call("DELETE", `/deploy/${id}`)).status).toBe(200);
  expect([engine.containers.size, engine.networks.size, engine.volumes.size]).toEqual([0, 0, 0]);
  expect([...engine.images]).toEqual(["node:24-slim"]);
});

test("the archive is handed over as it came, and the engine's own words are told when it refuses", async () => {
  const archive = agentArchive({ name: "refused" });
  engine.fails.set("/commit", { status: 500, message: "no space left on device" });
  let put: Buffer | undefined;
  const watch = setInterval(() => {
    for (const container of engine.containers.values()) put = container.archive ?? put;
  }, 1);
  const id = await deploy(archive);
  await expect
    .poll(() => status(id))
    .toMatchObject({ running: false, detail: expect.stringContaining("no space left on device") });
  await runs(id, 1);
  clearInterval(watch);
  expect(put?.equals(archive)).toBe(true);
  await gate.call("DELETE", `/deploy/${id}`);
});

test("what an earlier life left running is removed at the next start", async () => {
  const id = await deploy(agentArchive({ name: "left" }));
  await runs(id, 1);
  const [left] = engine.running;
  // As after kill -9: the container lives on, its gateway does not.
  const orphan = { ...left!, id: "c999", isRunning: true, end() {} };
  engine.containers.set("c999", orphan);
  await gate.close();
  expect(engine.running.map((one) => one.id)).toEqual(["c999"]);
  gate = await startTestGateway("sqlite", settings());
  await gate.gateway.start();
  await expect.poll(() => engine.running.map((one) => one.id)).not.toContain("c999");
});

test("without an engine the gateway does not start, and says why", async () => {
  const nowhere = startTestGateway("sqlite", { ...settings(), dockerSocket: join(directory, "nowhere.sock") });
  await expect(nowhere).rejects.toThrow(/needs a container engine at .*nowhere\.sock/);
});
