import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

const isRoot = process.getuid?.() === 0;
let place: ReturnType<typeof temporaryDirectory>;
let gateway: ServedGateway;
const serve = () =>
  serveGateway({
    data: join(place.path, "data"),
    dev: false,
    env: {
      AGENTGATE_DEPLOY_RUNTIME: "process",
      AGENTGATE_HOSTED_FIRST_USER: "53000",
      AGENTGATE_DRAIN_SECONDS: "5",
      AGENTGATE_RATE_LIMIT: "100000",
      AGENTGATE_RATE_BURST: "100000",
    },
  });
beforeAll(async () => {
  place = temporaryDirectory("hosted");
  // Agents are other users, and have to get through.
  chmodSync(place.path, 0o755);
  gateway = await serve();
});
afterAll(async () => {
  await gateway?.stop();
  place?.remove();
});

/** TypeScript, as people write it. */
const program = (version: string) => `
import { createServer } from "node:http";

const greeting: string = process.env.GREETING ?? "hi";
console.log("version ${version} starts");
createServer((request, response) => {
  if (request.url === "/health") response.end();
  else if (request.url !== "/a2a") response.writeHead(404).end();
  else {
    let text = "";
    request.on("data", (piece) => (text += piece));
    request.on("end", () => {
      if (text.includes("crash")) process.exit(1);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ id: "t", status: { state: "completed" }, artifacts: [{ parts: [{ type: "text", text: greeting + " ${version}" }] }] }));
    });
  }
}).listen(Number(process.env.PORT), "127.0.0.1");
`;

function write(name: string, version: string, files: Record<string, string> = {}): string {
  const path = join(place.path, name);
  mkdirSync(join(path, "node_modules/x"), { recursive: true });
  writeFileSync(join(path, "node_modules/x/index.js"), "throw 1");
  const all = { "agentgate.yaml": `name: ${name}\nversion: ${version}\n`, "agent.ts": program(version), ...files };
  for (const [file, text] of Object.entries(all)) writeFileSync(join(path, file), text);
  return path;
}

const ask = async (id: string, text = "x") => {
  const response = await fetch(`${gateway.url}/agents/${id}/task`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ message: { parts: [{ type: "text", text }] } }),
  });
  const body: any = await response.json();
  return response.ok ? body.artifacts[0].parts[0].text : `${response.status} ${body.detail}`;
};
const answers = (id: string, answer: string) => expect.poll(() => ask(id)).toBe(answer);
/** Of agents' processes on this machine. */
const agentsThatRun = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("agent.ts") &&
          readFileSync(`/proc/${pid}/environ`, "latin1").includes(`HOME=${place.path}`)
          ? Number(pid)
          : 0;
      } catch {
        return 0;
      }
    })
    .filter(Boolean);

test("from a directory to an agent that runs, crashes, comes back, is replaced, outlives its gateway and is undeployed", {
  timeout: 600_000,
}, async () => {
  const path = write("hosted", "1");
  const first = await gateway.run(["deploy", path, "--host"]);
  expect(first.stderr).toMatch(/Uploading hosted \(2 files, /);
  expect([first.exitCode, first.stdout]).toEqual([0, expect.stringContaining("hosted 1 runs")]);
  const [, id = ""] = /Id +([0-9a-f-]{36})/.exec(first.stdout)!;
  expect(first.stdout).toContain(`${gateway.url}/agents/${id}/card`);
  expect(first.stdout).toMatch(/curl -s http/);
  expect(await ask(id)).toBe("hi 1");

  expect(await ask(id, "crash")).toMatch(/^50[23]/);
  await answers(id, "hi 1");

  let isReplaced = false;
  const heard = new Set<string>();
  const callers = Array.from({ length: 4 }, async () => {
    while (!isReplaced) heard.add(await ask(id));
  });
  write("hosted", "2");
  expect((await gateway.run(["deploy", path, "--host"])).stdout).toContain("hosted 2 runs");
  isReplaced = true;
  await Promise.all(callers);
  expect([...heard].filter((answer) => !/^hi [12]$/.test(answer))).toEqual([]);
  expect(heard).toContain("hi 1");
  expect(await ask(id)).toBe("hi 2");

  writeFileSync(join(place.path, ".env"), '# of the agent\nGREETING="good day"\n');
  const all = await gateway.run(["deploy", "secrets", "hosted", "--env-file", join(place.path, ".env")]);
  expect([all.exitCode, all.stdout]).toEqual([0, expect.stringContaining("GREETING")]);
  await answers(id, "good day 2");
  const secrets = await gateway.run(["deploy", "secrets", "hosted", "GREETING"], { env: { GREETING: "hello" } });
  expect([secrets.exitCode, secrets.stdout]).toEqual([0, expect.stringContaining("GREETING")]);
  await answers(id, "hello 2");

  await expect.poll(() => agentsThatRun().length).toBe(1);
  const before = agentsThatRun();
  gateway.child.kill("SIGKILL");
  gateway = await serve();
  await answers(id, "hello 2");
  if (isRoot) expect(agentsThatRun()).toHaveLength(1);
  expect(agentsThatRun()).not.toEqual(before);

  const logs = await gateway.run(["deploy", "logs", "hosted", "--tail", "1000"]);
  expect(logs.stdout).toMatch(/version 1 starts[\s\S]*exited with code 1[\s\S]*version 2 starts/);
  expect((await gateway.run(["deploy", "status", "hosted"])).stdout).toMatch(/Status +running\nRelease +2\n/);
  expect((await gateway.run(["undeploy", "hosted", "--yes"])).stdout).toContain("hosted is undeployed");
  expect(agentsThatRun()).toEqual([]);
  expect(readdirSync(join(place.path, "data/deploy/agents"))).toEqual([]);
});

test("an agent that does not come to run is told with its last words", async () => {
  const path = write("failing", "1", { "agent.ts": 'console.log("no model"); process.exit(3);' });
  const { exitCode, stderr } = await gateway.run(["deploy", path, "--host"]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/It does not run: it exited with code 3[\s\S]*no model/);
  expect((await gateway.run(["undeploy", "failing", "--yes"])).exitCode).toBe(0);
});

test("what cannot be hosted is refused before it is sent", async () => {
  const withUrl = write("elsewhere", "1", { "agentgate.yaml": "name: elsewhere\nurl: https://example.com\n" });
  expect((await gateway.run(["deploy", withUrl, "--host"])).stderr).toContain("Remove its url and card");
  const nothing = write("nothing", "1");
  expect((await gateway.run(["deploy", nothing])).stderr).toContain("url is missing");
  const dry = await gateway.run(["deploy", nothing, "--host", "--dry-run", "--json"]);
  expect(JSON.parse(dry.stdout)).toMatchObject({ name: "nothing", files: 2 });
  expect((await gateway.run(["deploy", "secrets", "nobody", "A=1"])).stderr).toContain('There is no agent "nobody"');
});
