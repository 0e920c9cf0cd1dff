import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { temporaryDirectory } from "@agentgate/testing";
import { afterEach, expect, test } from "vitest";
import { runAgentgate } from "../testing/run-agentgate.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(options: Parameters<typeof serveGateway>[0] = {}): Promise<ServedGateway> {
  const gateway = await serveGateway(options);
  cleanups.push(() => gateway.stop("SIGKILL"));
  return gateway;
}

test("serves until it is told to stop, then ends well", async () => {
  const gateway = await serve();
  const health = await fetch(`${gateway.url}/health`);
  expect(await health.json()).toMatchObject({ status: "ok" });
  expect(await gateway.stop("SIGTERM")).toBe(0);
  await expect(fetch(`${gateway.url}/health`)).rejects.toThrow();
});

test("the first start shows its admin key, later ones do not", async () => {
  const directory = temporaryDirectory("serve");
  cleanups.push(() => directory.remove());
  const start = async () => {
    const gateway = await serve({
      data: directory.path,
      args: ["--host", "127.0.0.1"],
      env: { AGENTGATE_API_KEY: "" },
    });
    const [line = ""] = gateway.printed().stdout.split("\n");
    return { gateway, said: JSON.parse(line) as { url: string; admin_key?: string } };
  };
  const first = await start();
  expect(first.said.admin_key).toMatch(/.{32,}/);
  const key = first.said.admin_key!;
  expect(await first.gateway.run(["list", "--api-key", key])).toMatchObject({ exitCode: 0 });
  await first.gateway.stop("SIGTERM");

  const second = await start();
  expect(second.said).not.toHaveProperty("admin_key");
  const metrics = await fetch(`${second.said.url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
  expect(metrics.status).toBe(200);
  expect(second.gateway.printed().stderr).not.toContain(key);
});

test("in words it says where it is and how to stop it", async () => {
  const directory = temporaryDirectory("serve");
  cleanups.push(() => directory.remove());
  const gateway = await serve({ data: directory.path, json: false });
  expect(gateway.printed().stdout).toMatch(/listens on http:\/\/127\.0\.0\.1:\d+\n/);
  expect(await gateway.stop("SIGINT")).toBe(0);
  expect(gateway.printed().stderr).toContain("stopping");
});

test("a port that is taken is named", async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => blocker.close());
  const { port } = blocker.address() as { port: number };
  const directory = temporaryDirectory("serve");
  cleanups.push(() => directory.remove());
  const { exitCode, stderr } = await runAgentgate(["serve", "--port", `${port}`, "--data", directory.path], {
    env: { AGENTGATE_LOG_LEVEL: "silent" },
  });
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(new RegExp(`^error: .*${port}.* in use`));
});

test("books that do not balance keep it from starting, and it says how to look at them", async () => {
  const directory = temporaryDirectory("serve");
  cleanups.push(() => directory.remove());
  await (await serve({ data: directory.path })).stop();
  const database = new DatabaseSync(join(directory.path, "agentgate.db"));
  database.exec("update ledger_head set posted = posted + 5");
  database.close();
  const { exitCode, stderr } = await runAgentgate(["serve", "--port", "0", "--data", directory.path]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("agentgate ledger verify");
});

test("its log is in JSON, under the node's name; slips in settings and a missing public URL are named at start", async () => {
  const env = { AGENTGATE_LOG_LEVEL: "info", AGENTGATE_NODE_NAME: "node-a", AGENTGATE_TOPUPS: "open" };
  const gateway = await serve({ args: ["--host", "0.0.0.0"], env });
  const response = await fetch(`${gateway.url}/orgs/`);
  const lines = () =>
    gateway
      .printed()
      .stderr.trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  await expect.poll(() => lines().length).toBe(3);
  expect(lines()).toEqual([
    expect.objectContaining({
      level: 40,
      node: "node-a",
      msg: expect.stringContaining("without AGENTGATE_PUBLIC_URL"),
    }),
    expect.objectContaining({
      level: 40,
      node: "node-a",
      msg: expect.stringContaining("did you mean AGENTGATE_TOPUP?"),
    }),
    expect.objectContaining({
      level: 30,
      node: "node-a",
      msg: "request refused",
      requestId: response.headers.get("x-request-id"),
      status: 401,
    }),
  ]);
});

test("who registers an agent of this machine is told how to start the gateway for that", async () => {
  const directory = temporaryDirectory("serve");
  cleanups.push(() => directory.remove());
  writeFileSync(join(directory.path, "agentgate.yaml"), "name: here\nurl: http://127.0.0.1:9000\n");
  const gateway = await serve({ dev: false });
  const { exitCode, stderr } = await gateway.run(["deploy", directory.path]);
  expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/public internet[\s\S]+agentgate serve --dev/)]);
});

test("a data directory that is a file is named, with what to set", async () => {
  const directory = temporaryDirectory("serve");
  cleanups.push(() => directory.remove());
  const file = join(directory.path, "file");
  writeFileSync(file, "");
  const { exitCode, stderr } = await runAgentgate(["serve", "--port", "0", "--data", file]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`Cannot open the database (${file})`);
  expect(stderr).toContain("Set AGENTGATE_DATA_DIR");
});

// Where there is no /proc, as on a Mac, nobody may make it.
test.each(["/proc/x", "/proc/x/y"])("a data directory that cannot be made is told at once: %s", async (data) => {
  const { exitCode, stderr } = await runAgentgate(["serve", "--port", "0", "--data", data]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^error: Cannot open the database \(\/proc\/x.*mkdir.*Set AGENTGATE_DATA_DIR.*\n$/);
});

test("a setting that cannot be used is named with its variable", async () => {
  const env = { AGENTGATE_LOG_LEVEL: "loud", AGENTGATE_RATE_BURST: "-1" };
  const { exitCode, stdout, stderr } = await runAgentgate(["serve"], { env });
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain("AGENTGATE_LOG_LEVEL");
  expect(stderr).toContain("AGENTGATE_RATE_BURST");
});
