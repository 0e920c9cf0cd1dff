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
  await new Promise((resolve) => setTimeout(resolve, 500));
  await admin.rotateKey(org.id);
  const local = () => received.filter(({ path }) => path === "/local");
  await expect.poll(() => local().length).toBe(1);
  await expect.poll(() => printed).toMatch(/key\.rotated[\s\S]*→ http.*\/local: status 204/);
  const { body, headers } = local()[0]!;
  expect(await verifyWebhook(body, headers, secret)).toMatchObject({ event: "key.rotated", org_id: org.id });
  listening.kill("SIGTERM");
});
