import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { AgentGateClient } from "@agentgate/client";
import { freePort, temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAnsweringAgent } from "../testing/answering-agent.ts";
import { hasTerminal, onTerminal } from "../testing/on-terminal.ts";
import { type RunOptions, runAgentgate } from "../testing/run-agentgate.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

let gateway: ServedGateway;
let answering: Awaited<ReturnType<typeof startAnsweringAgent>>;
let admin: AgentGateClient;
let org: { id: string; key: string };
let directory: ReturnType<typeof temporaryDirectory>;
beforeAll(async () => {
  directory = temporaryDirectory("login");
  [gateway, answering] = await Promise.all([serveGateway(), startAnsweringAgent()]);
  admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: gateway.adminKey });
  const { id, api_key } = await admin.createOrg("acme");
  org = { id, key: api_key! };
});
afterAll(async () => {
  await Promise.all([gateway?.stop("SIGKILL"), answering?.close()]);
  directory?.remove();
});

const file = () => join(directory.path, "agentgate/profiles.json");
const env = () => ({ XDG_CONFIG_HOME: directory.path });
/** A command of somebody who has this configuration directory, and nothing in the environment. */
const run = (args: string[], options: RunOptions = {}) =>
  runAgentgate(args, { ...options, env: { ...env(), ...options.env } });
const json = async (...args: string[]) => JSON.parse((await run([...args, "--json"])).stdout);

test("a login is tried, kept for its owner alone, and used for its own gateway alone", async () => {
  const nobody = await run(["whoami", "--json"]);
  expect([nobody.exitCode, JSON.parse(nobody.stderr).error.code]).toEqual([1, "not_logged_in"]);
  const wrong = await run(["login", gateway.url], { input: "ag_org_wrong\n" });
  expect(wrong.exitCode).toBe(1);
  expect((await run(["profiles"])).stdout).toContain("No logins yet");
  const missing = await run(["login", gateway.url], { input: "" });
  expect([missing.exitCode, missing.stderr]).toEqual([2, expect.stringContaining("< key.txt")]);

  const { exitCode, stdout, stderr } = await run(["login", `${gateway.url}/`], { input: `${org.key}\n` });
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`Logged in to ${gateway.url} as acme`)]);
  expect(stdout + stderr).not.toContain(org.key);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(await json("whoami")).toMatchObject({
    server: gateway.url,
    server_from: "profile",
    profile: "default",
    key_from: "profile",
    kind: "org",
    org_id: org.id,
    org_name: "acme",
  });
  expect(await json("org", "show")).toMatchObject({ name: "acme" });

  const seen: (string | undefined)[] = [];
  const other = createServer(({ headers }, response) => {
    seen.push(headers.authorization);
    response.end("[]");
  });
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  await run(["list", "--server", elsewhere]);
  await run(["list"], { env: { AGENTGATE_SERVER: elsewhere } });
  other.close();
  expect(seen).toEqual([undefined, undefined]);
});

test("what everybody sees is listed with a wrong key too, and that it is wrong is said", async () => {
  for (const command of ["list", "search"]) {
    const { exitCode, stderr } = await run([command, "--server", gateway.url, "--api-key", "wrong"]);
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining("does not know this key")]);
    const right = await run([command, "--server", gateway.url, "--api-key", org.key]);
    expect([right.exitCode, right.stderr]).toEqual([0, ""]);
  }
  const admins = await run(["nodes", "--server", gateway.url, "--api-key", org.key]);
  expect([admins.exitCode, admins.stderr]).toEqual([1, expect.stringContaining("the admin key, which this needs")]);
});

test("several logins are chosen by option, environment, or for good", async () => {
  const second = await run(["login", gateway.url, "--profile", "root", "--json"], { input: gateway.adminKey });
  expect(JSON.parse(second.stdout)).toMatchObject({ profile: "root", kind: "admin", org_name: null });
  expect(await json("profiles", "list")).toMatchObject([
    { name: "default", current: false, server: gateway.url },
    { name: "root", current: true },
  ]);
  expect((await run(["profiles"])).stdout).not.toContain(gateway.adminKey);
  expect(await json("whoami", "--profile", "default")).toMatchObject({ org_name: "acme" });
  expect(JSON.parse((await run(["me", "--json"], { env: { AGENTGATE_PROFILE: "default" } })).stdout).kind).toBe("org");
  // A key of the environment goes where the profile says.
  const rotated = await run(["whoami", "--json"], { env: { AGENTGATE_API_KEY: org.key } });
  expect(JSON.parse(rotated.stdout)).toMatchObject({ kind: "org", key_from: "environment", server_from: "profile" });
  // A profile that is named wins over the environment.
  const named = await run(["whoami", "--profile", "root", "--json"], { env: { AGENTGATE_API_KEY: org.key } });
  expect(JSON.parse(named.stdout)).toMatchObject({ kind: "admin", key_from: "profile" });
  expect(await json("profiles", "use", "default")).toEqual({ current: "default", server: gateway.url });
  const misspelt = await run(["profiles", "use", "rot"]);
  expect([misspelt.exitCode, misspelt.stderr]).toEqual([2, expect.stringContaining("There are: default, root")]);
  expect(await json("logout", "--profile", "default")).toEqual({ forgotten: ["default"], current: "root" });
  expect(readFileSync(file(), "utf8")).not.toContain(org.key);
  expect(await json("logout", "--all")).toEqual({ forgotten: ["root"], current: null });
  expect((await run(["logout"])).stderr).toContain("Nobody is logged in");
});

test("a file that cannot be used is named, and harms nothing that does not need it", async () => {
  const broken = temporaryDirectory("broken-login");
  await run(["login", gateway.url], { input: org.key, env: { XDG_CONFIG_HOME: broken.path } });
  const path = join(broken.path, "agentgate/profiles.json");
  writeFileSync(path, "{");
  const options = { env: { XDG_CONFIG_HOME: broken.path } };
  const { exitCode, stderr } = await run(["list"], options);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`${path} cannot be used`)]);
  const said = { env: { ...options.env, AGENTGATE_SERVER: gateway.url, AGENTGATE_API_KEY: org.key } };
  expect((await run(["list"], said)).exitCode).toBe(0);
  broken.remove();
});

describe.skipIf(!hasTerminal)("on a terminal", () => {
  test("the key is asked for, and not shown", async () => {
    const { exitCode, screen } = await onTerminal(["login", gateway.url], {
      env: { ...env(), NO_COLOR: "1" },
      answers: [[`Key for ${gateway.url}:`, `${org.key}\r`]],
    });
    expect([exitCode, screen]).toEqual([0, expect.stringContaining("Logged in")]);
    expect(screen).not.toContain(org.key.slice(0, 12));
    const stopped = await onTerminal(["login", gateway.url], {
      env: { ...env(), NO_COLOR: "1" },
      answers: [[`Key for ${gateway.url}:`, "\u0003"]],
    });
    expect([stopped.exitCode, stopped.screen]).toEqual([130, expect.stringContaining("nothing was done")]);
  });
});

describe("doctor", () => {
  test("looks at server, key, clock, versions and agents, and says what to do", async () => {
    const { id } = await admin.registerAgent("well", answering.url);
    const { id: gone } = await admin.registerAgent("gone", `http://127.0.0.1:${await freePort()}`);
    const { exitCode, stdout } = await gateway.run(["doctor", id]);
    expect(exitCode).toBe(0);
    for (const line of ["✓ server", "✓ version", "✓ clock", "✓ ready", "✓ key", "✓ reachable", "✓ card"]) {
      expect(stdout).toContain(line);
    }
    const unwell = await gateway.run(["doctor", gone, "--json"]);
    const report = JSON.parse(unwell.stdout);
    expect([unwell.exitCode, report.ok]).toEqual([1, false]);
    expect(report.checks).toContainEqual({
      name: "reachable",
      status: "failed",
      message: expect.stringContaining("does not get an answer"),
      advice: expect.stringContaining("GET /health"),
    });
    const all = await gateway.json("doctor");
    expect(all.checks.find(({ name }: { name: string }) => name === "agents").message).toContain("gone");
  });

  test("without a gateway, or with a wrong key, that is what it says", async () => {
    const server = `http://127.0.0.1:${await freePort()}`;
    const down = await run(["doctor", "--server", server]);
    expect([down.exitCode, down.stdout]).toEqual([1, expect.stringMatching(/✗ server .*\n.*agentgate serve/)]);
    const wrong = await gateway.run(["doctor"], { env: { AGENTGATE_API_KEY: "wrong" } });
    expect([wrong.exitCode, wrong.stdout]).toEqual([1, expect.stringMatching(/✗ key .*AGENTGATE_API_KEY/)]);
    const none = await gateway.run(["doctor"], { env: { AGENTGATE_API_KEY: "" } });
    expect([none.exitCode, none.stdout]).toEqual([0, expect.stringMatching(/! key .*\n.*agentgate login/)]);
  });

  test("logins that others may read, and a file that is wrong, are told", async () => {
    await run(["login", gateway.url], { input: org.key });
    chmodSync(file(), 0o644);
    writeFileSync(join(directory.path, "agentgate.yaml"), "name: a\nprice_per_task: free\n");
    const { stdout } = await run(["doctor"], { cwd: directory.path });
    expect(stdout).toContain(`chmod 600 ${file()}`);
    expect(stdout).toMatch(/✗ file +agentgate\.yaml:2:1: price_per_task must be an amount/);
  });
});
