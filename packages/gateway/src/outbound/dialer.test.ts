import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { silentLog, systemClock } from "../runtime/index.ts";
import { createDialer, type Dialer } from "./index.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

function dialer(): Dialer {
  const made = createDialer({ allowPrivateNetworks: true, clock: systemClock, log: silentLog });
  open.push(() => made.close(0));
  return made;
}

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  open.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const limits = { timeoutMs: 2_000, maxResponseBytes: 1_000_000 };

test("send collects a response", async () => {
  const url = await serve((request, response) => {
    response.setHeader("x-method", request.method!);
    request.pipe(response);
  });
  const { status, headers, body } = await dialer().send({ url, method: "POST", body: '{"a":1}', ...limits }).response;
  expect([status, headers["x-method"], body.toString()]).toEqual([200, "POST", '{"a":1}']);
});

test("open hands out the body while it arrives", async () => {
  const url = await serve(async (_, response) => {
    response.write("one");
    setTimeout(() => response.end("two"), 20);
  });
  const { body } = await dialer().open({ url, method: "GET", ...limits }).response;
  const chunks: string[] = [];
  for await (const chunk of body) chunks.push(chunk.toString());
  expect(chunks).toEqual(["one", "two"]);
});
