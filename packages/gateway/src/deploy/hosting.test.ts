import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN_KEY, startTestGateway, type TestGateway, textTask } from "../testing/index.ts";
import { processTable } from "./process/process-table.ts";
import { type AgentArchive, agentArchive } from "./testing/agent-archive.ts";
import { formOf, sendForm } from "./testing/form.ts";

const isRoot = process.getuid?.() === 0;
// Another run on this machine has agents as well.
const FIRST_USER = 56_000 + 1_000 * (process.pid % 9);

let gate: TestGateway;
let dataDirectory: string;
beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), "agentgate-hosting-"));
  gate = await startTestGateway("sqlite", {
    dataDirectory,
    allowPrivateNetworks: false,
    deployRuntime: "process",
    hostedFirstUser: FIRST_USER,
    hostedMemoryBytes: 256 * 2 ** 20,
    drainSeconds: 5,
  });
  await gate.gateway.start();
});
afterAll(async () => {
  await gate.close();
  rmSync(dataDirectory, { recursive: true, force: true });
});

const deploy = async (archive: AgentArchive = {}, key = ADMIN_KEY) => {
  const { status, body } = await sendForm(gate, formOf(agentArchive(archive)), key);
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body.id as string;
};
const status = async (id: string) => (await gate.call("GET", `/deploy/${id}/status`)).body;
const running = (id: string) =>
  expect.poll(async () => await status(id), { timeout: 60_000 }).toMatchObject({ status: "running" });
const tell = async (id: string, text: string) => {
  const { status, body } = await gate.call("POST", `/agents/${id}/task`, textTask(text));
  return status === 200 ? body.artifacts[0].parts[0].text : `${status} ${body.detail}`;
};
const answers = (id: string, text: string, answer: string | RegExp) =>
  expect.poll(() => tell(id, text), { timeout: 60_000, interval: 100 }).toMatch(answer);
const logs = async (id: string, tail = 100) => (await gate.call("GET", `/deploy/${id}/logs?tail=${tail}`)).body.logs;
const undeploy = (id: string) => gate.call("DELETE", `/deploy/${id}`);
const usersOf = async () => (await processTable()).filter(({ uid }) => uid >= FIRST_USER && uid < FIRST_USER + 1_000);

test("from an archive to an answer; crashed, it comes back; its logs are kept; undeployed, nothing of it is left", async () => {
  const id = await deploy({ yaml: "env:\n  GREETING: hello\n" });
  expect((await gate.call("GET", `/agents/${id}`)).body).toMatchObject({ deployed: true, protocol: "plain" });
  await running(id);
  expect(await tell(id, "x")).toBe("1");
  expect(await tell(id, "env GREETING")).toBe("hello");
  await expect.poll(async () => (await gate.call("GET", `/agents/${id}/health`)).body.status).toBe("healthy");

  expect(await tell(id, "crash")).toMatch(/^502 /);
  await answers(id, "x", "1");
  await expect.poll(() => status(id)).toMatchObject({ running: true, restarts: 1 });
  expect(await logs(id)).toMatch(/agent 1 starts[\s\S]*it exited with code 7[\s\S]*agent 1 starts/);
  expect((await logs(id, 1)).trimEnd().split("\n")).toHaveLength(1);

  const orphan = Number(await tell(id, "orphan"));
  expect((await undeploy(id)).status).toBe(200);
  const isThere = async (pid: number) => (await processTable()).some((entry) => entry.pid === pid);
  if (isRoot) expect(await isThere(orphan)).toBe(false);
  expect(existsSync(join(dataDirectory, "deploy/agents", id))).toBe(false);
  expect(await status(id)).toMatchObject({ running: false, status: "undeployed" });
  expect(await tell(id, "x")).toMatch(/^503 The agent does not run on this node/);
});

test("redeployed under load, no call is lost, and those that had begun end where they began", async () => {
  const id = await deploy({ name: "loaded" });
  await running(id);
  const seen: string[] = [];
  const calls: Promise<unknown>[] = [];
  const timer = setInterval(() => calls.push(tell(id, "x").then((answer) => seen.push(answer))), 20);
  const slow = tell(id, "slow 2500");
  for (const version of ["2", "3"]) {
    expect(await deploy({ name: "loaded", version })).toBe(id);
    await expect.poll(() => seen.at(-1), { timeout: 60_000 }).toBe(version);
  }
  clearInterval(timer);
  await Promise.all(calls);
  expect(seen.filter((answer) => !/^[123]$/.test(answer))).toEqual([]);
  expect(new Set(seen)).toEqual(new Set(["1", "2", "3"]));
  expect(await slow).toBe("slow");
  const releases = join(dataDirectory, "deploy/agents", id, "releases");
  await expect.poll(() => readdirSync(releases), { timeout: 60_000 }).toEqual(["3"]);
  await undeploy(id);
});

test("an archive that does not come to run leaves the one before running, and says why", async () => {
  const id = await deploy({ name: "careful" });
  await running(id);
  await deploy({ name: "careful", version: "2", program: "console.log('oh no'); process.exit(3)" });
  await expect
    .poll(async () => (await status(id)).detail, { timeout: 60_000 })
    .toContain("it exited with code 3 before it answered");
  expect(await status(id)).toMatchObject({ running: true });
  expect(await tell(id, "x")).toBe("1");
  expect(await logs(id)).toContain("oh no");
  await undeploy(id);
});

test("an agent that never answers its health check does not run, and says so; a later archive mends it", async () => {
  const id = await deploy({ name: "silent", program: "process.exit(1)" });
  await expect.poll(async () => (await status(id)).status, { timeout: 60_000 }).toBe("failed");
  expect((await status(id)).detail).toContain("exited with code 1");
  expect(await tell(id, "x")).toMatch(/^503/);
  await deploy({ name: "silent", version: "2" });
  await running(id);
  expect(await tell(id, "x")).toBe("2");
  await undeploy(id);
});

test("secrets are in its environment, and nothing of the gateway's is", async () => {
  process.env.AGENTGATE_TEST_CANARY = "canary";
  const id = await deploy({ name: "secretive" });
  await running(id);
  expect(await tell(id, "env MODEL_KEY")).toBe("unset");
  expect((await gate.call("PUT", `/deploy/${id}/secrets`, { MODEL_KEY: "s3cret" })).status).toBe(200);
  await answers(id, "env MODEL_KEY", "s3cret");
  expect(await tell(id, "names")).toBe("AGENT_ID HOME HOST LANG MODEL_KEY NODE_ENV PATH PORT TMPDIR");
  await gate.call("PUT", `/deploy/${id}/secrets`, { MODEL_KEY: null });
  await answers(id, "env MODEL_KEY", "unset");
  const seen = JSON.stringify([await status(id), await logs(id)]);
  expect(seen).not.toContain("s3cret");
  delete process.env.AGENTGATE_TEST_CANARY;
  await undeploy(id);
});

test("its logs can be followed", async () => {
  const id = await deploy({ name: "talking" });
  await running(id);
  const response = await fetch(`${gate.url}/deploy/${id}/logs?follow=1&tail=1000`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  let text = "";
  const reading = (async () => {
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) text += piece;
  })();
  await expect.poll(() => text).toContain("agent 1 starts");
  await tell(id, "say hello there");
  await expect.poll(() => text).toMatch(/event: log\ndata: \S+Z hello there\n\n/);
  await undeploy(id);
  await reading;
});

test("who follows its logs is told when the key ends, and hears no more", async () => {
  const org = await gate.createOrg("followers");
  const id = await deploy({ name: "followed" }, org.key);
  await running(id);
  const given = { name: "logs", scopes: ["deployments:read"] };
  const { body: reader } = await gate.call("POST", `/orgs/${org.id}/keys`, given, org.key);
  const response = await fetch(`${gate.url}/deploy/${id}/logs?follow=1`, {
    headers: { authorization: `Bearer ${reader.key}` },
  });
  const reading = response.text();
  const changes = { scopes: ["deployments:write"] };
  await gate.call("PATCH", `/orgs/${org.id}/keys/${reader.id}`, changes, org.key);
  const [, last] = /event: error\ndata: (.+)\n\n$/.exec(await reading)!;
  const instance = `/deploy/${id}/logs`;
  expect(JSON.parse(last!)).toMatchObject({ status: 403, code: "insufficient_scope", instance });
  await undeploy(id);
});

test("nobody else's URL leads to it, and its own does not move", async () => {
  const org = await gate.createOrg("owner");
  const id = await deploy({ name: "private" }, org.key);
  await running(id);
  const { url } = (await gate.call("GET", `/agents/${id}`)).body;
  for (const leading of [url, `${url}/x`, `${url}:8080`])
    expect((await gate.call("POST", "/agents/", { name: "thief", url: leading }, org.key)).status).toBe(400);
  expect((await gate.call("PUT", `/agents/${id}`, { url: "https://example.com" }, org.key)).status).toBe(409);
  expect((await gate.call("PUT", `/agents/${id}`, { url, description: "new" }, org.key)).body.description).toBe("new");
  expect((await gate.call("DELETE", `/agents/${id}`, undefined, org.key)).status).toBe(204);
  await expect.poll(() => existsSync(join(dataDirectory, "deploy/agents", id)), { timeout: 60_000 }).toBe(false);
});

test("stopped, its gateway says so, starts it again with itself, and says it too where it hosts no more", async () => {
  const one = { dataDirectory: mkdtempSync(join(tmpdir(), "agentgate-hosting-")), deployRuntime: "process" as const };
  const life = async (deployRuntime: "process" | "off") => {
    const node = await startTestGateway("sqlite", { ...one, deployRuntime, hostedFirstUser: FIRST_USER + 2_000 });
    await node.gateway.start();
    return node;
  };
  const told = async (node: TestGateway, id: string) => (await node.call("GET", `/deploy/${id}/status`)).body;
  let node = await life("process");
  const { body } = await sendForm(node, formOf(agentArchive({ name: "lasting" })), ADMIN_KEY);
  const comes = () => expect.poll(() => told(node, body.id), { timeout: 60_000 }).toMatchObject({ running: true });
  await comes();
  // `close` of a test gateway removes its database.
  await node.gateway.close(0);
  node = await life("process");
  await comes();
  await node.gateway.close(0);
  node = await life("off");
  expect(await told(node, body.id)).toMatchObject({
    running: false,
    status: "failed",
    detail: "its node hosts no agents any more",
  });
  await node.close();
  rmSync(one.dataDirectory, { recursive: true, force: true });
});

describe.runIf(isRoot)("where the gateway is root", () => {
  test("an agent is a user of its own, that can read neither the gateway's data nor another agent's", async () => {
    const [one, two] = [await deploy({ name: "one" }), await deploy({ name: "two" })];
    await running(one);
    await running(two);
    const [user, other] = [await tell(one, "user"), await tell(two, "user")];
    expect(Number(user.split(" ")[0])).toBeGreaterThanOrEqual(FIRST_USER);
    expect(user).not.toBe(other);
    expect(user.split(" ")[1]).toBe(user.split(" ")[0]);
    for (const path of [
      "agentgate.db",
      "secret.key",
      `deploy/agents/${two}/releases/1/app/my-agent/agent.mjs`,
      "deploy/node.id",
    ]) {
      expect(statSync(join(dataDirectory, path)).isFile()).toBe(true);
      expect(await tell(one, `read ${join(dataDirectory, path)}`)).toBe("EACCES");
    }
    expect(await tell(one, `read /proc/${process.pid}/environ`)).toBe("EACCES");
    await Promise.all([undeploy(one), undeploy(two)]);
    expect(await usersOf()).toEqual([]);
  });

  test("links and pipes that it made lead the gateway nowhere; started again, nothing of its life before runs", async () => {
    const id = await deploy({ name: "tricky" });
    await running(id);
    const closed = mkdtempSync(join(tmpdir(), "agentgate-closed-"));
    const home = await tell(id, "env HOME");
    for (const place of [join(home, "tmp"), "$TMPDIR/x", "lib"])
      await tell(id, `run rm -rf ${place}; ln -s ${closed} ${place}`);
    await tell(id, "run rm -f package.json; mkfifo package.json");
    const orphan = Number(await tell(id, "orphan"));
    await tell(id, "crash");
    await expect.poll(() => status(id), { timeout: 60_000 }).toMatchObject({ running: true, restarts: 1 });
    await answers(id, "x", "1");
    expect(statSync(closed)).toMatchObject({ uid: 0, gid: 0 });
    expect((await usersOf()).map(({ pid }) => pid)).not.toContain(orphan);
    // Its code moves away, and a link to somewhere in a closed directory stands in its place.
    mkdirSync(join(closed, "inner"), { mode: 0o755 });
    writeFileSync(join(closed, "inner/kept"), "kept");
    writeFileSync(join(closed, "inner/agent.mjs"), "console.log('was reached')");
    await tell(id, `run cd .. && mv my-agent away && ln -s ${closed}/inner my-agent`);
    await tell(id, "crash");
    await expect.poll(() => logs(id), { timeout: 60_000 }).toMatch(/can't cd|cannot be started/);
    expect(await logs(id)).not.toContain("was reached");
    await deploy({ name: "tricky", version: "2" });
    await answers(id, "x", "2");
    const releases = join(dataDirectory, "deploy/agents", id, "releases");
    await expect.poll(() => readdirSync(releases), { timeout: 60_000 }).toEqual(["2"]);
    await undeploy(id);
    expect(readFileSync(join(closed, "inner/kept"), "utf8")).toBe("kept");
    rmSync(closed, { recursive: true });
  });

  test("a memory hog and a fork bomb hurt only themselves", async () => {
    const [victim, hog, bomb] = [
      await deploy({ name: "victim" }),
      await deploy({ name: "hog" }),
      await deploy({ name: "bomb" }),
    ];
    for (const id of [victim, hog, bomb]) await running(id);
    await tell(hog, "hog");
    await tell(bomb, "bomb");
    await expect.poll(async () => (await status(hog)).restarts, { timeout: 60_000 }).toBeGreaterThan(0);
    expect(await logs(hog)).toMatch(/used more than 256 MiB of memory|exited with code|ended by/);
    const bombs = (await usersOf()).length;
    expect(bombs).toBeLessThan(400);
    for (let call = 0; call < 20; call++) expect(await tell(victim, "x")).toBe("1");
    await undeploy(bomb);
    await Promise.all([undeploy(hog), undeploy(victim)]);
    expect(await usersOf()).toEqual([]);
  });
});
