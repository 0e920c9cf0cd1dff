import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { SiteDirectory } from "@agentgate/protocol/directory";
import { AgentApp, none } from "@agentgate/site";
import { toNodeHandler } from "@agentgate/site/node";
import { freePort, temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { goldenShop } from "../../../site/src/testing/golden-shop.ts";
import { runAgentgate } from "../testing/run-agentgate.ts";

const folder = temporaryDirectory("directory-command");
const apps = [goldenShop(), new AgentApp({ title: "Tiny", auth: none(), baseUrl: "http://127.0.0.1" })];
let shop = "";
let tiny = "";
let page = "";
let closed = "";
/** What the shop tells by now. */
let description = "E-commerce API for AI agents";

const servers = [
  createServer((request, response) => {
    if (request.url?.startsWith("/.well-known/")) {
      response.end(JSON.stringify({ ...apps[0]!.manifest, base_url: shop, description }));
    } else response.writeHead(404).end();
  }),
  createServer(toNodeHandler(apps[1] as never)),
  createServer((_, response) => response.end("<!doctype html><title>A page for people</title>")),
];

beforeAll(async () => {
  const urls = servers.map(async (server) => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  [shop = "", tiny = "", page = ""] = await Promise.all(urls);
  closed = `http://127.0.0.1:${await freePort()}`;
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  folder.remove();
});

const file = (name: string, text: string): string => {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
};
const read = (path: string): SiteDirectory => JSON.parse(readFileSync(path, "utf8"));

test("a directory is made of the sites that answer, in their order; those that do not are listed", async () => {
  const urls = file("urls.txt", `# shops\n${shop}/  # the first\n\n${page}\n${closed}\n${tiny}\n${shop}\n`);
  const out = join(folder.path, "agentgate.json");
  const run = await runAgentgate(["directory", "build", urls, "--out", out, "--name", "Shops"]);
  expect(run.exitCode).toBe(1);
  expect(run.stdout).toContain(`2 sites in ${out}`);
  expect(run.stdout).toMatch(new RegExp(`${page} +manifest_not_found`));
  expect(run.stdout).toMatch(new RegExp(`${closed} +network_error`));
  expect(run.stderr).toMatch(/4 of 4: /);
  expect(run.stderr).toContain("2 of 4 sites could not be read, and were left out");
  const { name, sites, next } = read(out);
  expect([name, next]).toEqual(["Shops", null]);
  expect(sites.map(({ url, name }) => [url, name])).toEqual([
    [shop, "MyShop"],
    [tiny, "Tiny"],
  ]);

  const again = await runAgentgate(["directory", "build", urls, "--out", out]);
  expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining("--force")]);
});

test("for programs it says the same in JSON", async () => {
  const urls = file("two.txt", `${tiny}\n${page}\n`);
  const out = join(folder.path, "two.json");
  const { stdout, exitCode } = await runAgentgate([
    "directory",
    "build",
    urls,
    "--out",
    out,
    "--concurrency",
    "1",
    "--json",
  ]);
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toEqual({
    files: [out],
    sites: 1,
    failed: [{ url: page, code: "manifest_not_found", message: expect.any(String) }],
  });
});

test("what is no address is told with its line, before anything is asked", async () => {
  const urls = file("wrong.txt", `${tiny}\nhttp://\n`);
  const { exitCode, stderr } = await runAgentgate([
    "directory",
    "build",
    urls,
    "--out",
    join(folder.path, "wrong.json"),
  ]);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("wrong.txt:2:")]);
});

test("a directory is checked: its form, whether its sites answer, and whether they are as it says", async () => {
  const urls = file("three.txt", `${shop}\n${tiny}\n`);
  const out = join(folder.path, "three.json");
  await runAgentgate(["directory", "build", urls, "--out", out]);
  const fine = await runAgentgate(["directory", "check", out, "--concurrency", "1"]);
  expect([fine.exitCode, fine.stdout]).toEqual([0, expect.stringContaining("A directory of 2 sites")]);

  description = "It sells otherwise now";
  const changed = await runAgentgate(["directory", "check", out, "--json"]);
  expect(changed.exitCode).toBe(0);
  expect(JSON.parse(changed.stdout)).toEqual({ sites: 2, findings: [], changed: [shop], failed: [] });

  const directory = read(out);
  writeFileSync(
    out,
    JSON.stringify({ ...directory, sites: [...directory.sites, { ...directory.sites[0], auth: "magic", url: "x" }] }),
  );
  const wrong = await runAgentgate(["directory", "check", out, "--offline", "--json"]);
  expect(wrong.exitCode).toBe(1);
  expect(JSON.parse(wrong.stdout).findings.map(({ path }: { path: string }) => path)).toEqual(
    expect.arrayContaining(["/sites/2/url", "/sites/2/auth"]),
  );
});
