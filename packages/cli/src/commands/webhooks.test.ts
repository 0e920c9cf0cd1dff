import { spawn } from "node:child_process";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { AgentGateClient, verifyWebhook } from "@agentgate/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { binPath, cleanEnvironment } from "../testing/run-agentgate.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

let gateway: ServedGateway;
let admin: AgentGateClient;
let url: string;
let status = 500;
const received: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    received.push({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(request.url === "/local" ? 204 : status).end("so be it");
  });
});
beforeAll(async () => {
  gateway = await serveGateway();
  admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: gateway.adminKey });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await gateway.stop("SIGKILL");
  receiver.closeAllConnections();
  receiver.close();
});

test("an endpoint is tested, what failed is listed and shown, told again, and heard on another machine", async () => {
  const org = await admin.createOrg("acme");
  const own = { env: { AGENTGATE_API_KEY: org.api_key! } };
  expect((await gateway.run(["webhooks", "endpoints"], own)).stdout).toMatch(/^Nobody is told yet/);
  const endpoint = await admin.createWebhookEndpoint(`${url}/hook`, { orgId: org.id });
  expect((await gateway.run(["webhooks", "endpoints"], own)).stdout).toMatch(
    new RegExp(`${endpoint.id} .*all +enabled`),
  );

  const failed = await gateway.run(["webhooks", "test", endpoint.id], own);
  expect(failed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("did not take it: status 500") });
  const [id] = /[0-9a-f-]{36}/.exec((await gateway.run(["webhooks", "list", "--status", "pending"], own)).stdout)!;
  expect((await gateway.run(["webhooks", "show", id], own)).stdout).toMatch(
    /Body +\{"event":"webhook.test"[\s\S]*status 500 — so be it/,
  );
  status = 204;
  expect((await gateway.run(["webhooks", "resend", id], own)).stdout).toMatch(/✓ webhook.test is told again to 127/);
  await expect.poll(async () => (await admin.getWebhookDelivery(id)).status).toBe("delivered");
  expect((await gateway.run(["webhooks", "test", endpoint.id], own)).stdout).toMatch(/✓ 127.* took it in /);
  const again = ["webhooks", "resend", "--endpoint", endpoint.id, "--from", "2026-01-01", "--status", "delivered"];
  expect((await gateway.run(again, own)).stdout).toBe("✓ 2 are told again\n");
  expect(await gateway.run(["webhooks", "resend"], own)).toMatchObject({ exitCode: 2 });
  expect(await gateway.run([...again.slice(0, 5), "then"], own)).toMatchObject({ exitCode: 2 });

  const secret = endpoint.secret;
  const listening = spawn(process.execPath, [binPath, "webhooks", "listen", "--forward", `${url}/local`], {
    env: cleanEnvironment({
      AGENTGATE_SERVER: gateway.url,
      AGENTGATE_API_KEY: org.api_key!,
      AGENTGATE_WEBHOOK_SECRET: secret,
    }),
  });
  let printed = "";
  let noted = "";
  listening.stdout.on("data", (chunk) => (printed += chunk));
  listening.stderr.on("data", (chunk) => (noted += chunk));
  await expect.poll(() => noted).toContain("listening");
  await admin.rotateKey(org.id);
  const local = () => received.filter(({ path }) => path === "/local");
  await expect.poll(() => local().length).toBe(1);
  await expect.poll(() => printed).toMatch(/key\.rotated[\s\S]*→ http.*\/local: status 204/);
  const { body, headers } = local()[0]!;
  expect(await verifyWebhook(body, headers, secret)).toMatchObject({ event: "key.rotated", org_id: org.id });
  listening.kill("SIGTERM");
});

test("an endpoint is created, changed, given a new secret and deleted", async () => {
  const org = await admin.createOrg("changes");
  const own = { env: { AGENTGATE_API_KEY: org.api_key! } };
  const endpoints = () => admin.listWebhookEndpoints({ orgId: org.id });
  const created = await gateway.run(
    ["webhooks", "create", `${url}/made`, "--events", "task.failed, wallet.low", "--description", "alarms"],
    own,
  );
  expect(created).toMatchObject({ exitCode: 0, stderr: "" });
  const [endpoint] = await endpoints();
  expect(endpoint).toMatchObject({ url: `${url}/made`, events: ["task.failed", "wallet.low"], description: "alarms" });
  const { id } = endpoint!;
  expect(created.stdout).toMatch(new RegExp(`✓ ${url}/made is told from now on\n.*Id +${id}\n.*Secret +whsec_`));

  const everything = ["webhooks", "update", id, "--events", "", "--status", "disabled", "--url", `${url}/moved`];
  const changed = await gateway.run(everything, own);
  expect(changed.stdout).toMatch(/✓ Changed .*\/moved .*\n.*Events +all\n.*Status +disabled\n.*Description +alarms\n/);
  const json = async (...args: string[]) => {
    const { stdout, stderr, exitCode } = await gateway.run(["webhooks", ...args, "--json"], own);
    return { exitCode, ...(stderr && { stderr }), ...(stdout && { told: JSON.parse(stdout) }) };
  };
  expect(await json("update", id, "--status", "enabled")).toEqual({ exitCode: 0, told: (await endpoints())[0] });
  expect((await endpoints())[0]).toMatchObject({ url: `${url}/moved`, events: [], status: "enabled" });
  expect(await gateway.run(["webhooks", "update", id], own)).toMatchObject({ exitCode: 2 });

  const { told: rotated } = await json("rotate-secret", id);
  expect(rotated).toEqual({ ...(await endpoints())[0], secret: expect.stringMatching(/^whsec_/) });
  expect(created.stdout).not.toContain(rotated.secret);

  const unasked = await gateway.run(["webhooks", "delete", id], own);
  expect(unasked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--yes") });
  expect(await json("delete", id, "--yes")).toEqual({ exitCode: 0, told: { deleted: id } });
  expect(await endpoints()).toEqual([]);
  expect(await json("delete", id, "--yes")).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("not_found"),
  });

  const { told: theirs } = await json("create", `${url}/json`);
  expect(theirs).toEqual({ ...(await endpoints())[0], secret: expect.stringMatching(/^whsec_/) });
  const byAdmin = await gateway.run(["webhooks", "create", `${url}/admin`, "--org", "changes"]);
  expect(byAdmin).toMatchObject({ exitCode: 0 });
  const nobodys = await gateway.run(["webhooks", "create", `${url}/admin`]);
  expect(nobodys).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/whose endpoint it is\n.*--org/) });
  expect(await endpoints()).toHaveLength(2);
  const refused = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await gateway.run(["webhooks", ...args], own);
    return { exitCode, stdout, says: stderr.slice(0, stderr.indexOf("\n")) };
  };
  const notAUrl = { exitCode: 1, stdout: "", says: "error: Invalid URL: not a valid absolute URL" };
  expect(await refused("create", "no-url")).toEqual(notAUrl);
  const unknownEvent = {
    exitCode: 1,
    says: expect.stringMatching(/^error: events\.0: Must be one of "task\.completed", /),
  };
  expect(await refused("create", `${url}/tea`, "--events", "tea.ready")).toMatchObject(unknownEvent);
  expect(await refused("create")).toMatchObject({ exitCode: 2, says: "error: missing required argument 'url'" });
  expect(await refused("update", theirs.id, "--status", "on")).toMatchObject({ exitCode: 2 });
  expect(await endpoints()).toHaveLength(2);
});
