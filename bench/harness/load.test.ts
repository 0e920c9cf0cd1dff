import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { closedLoop } from "./closed-loop.ts";
import { HttpConnection, postRequest } from "./http-connection.ts";
import { openLoop } from "./open-loop.ts";
import { objectionsTo } from "./quotable.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener): Promise<number> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const request = postRequest("/task", '{"id":1}');

test("an answer that comes in pieces is one answer, and the connection goes on", async () => {
  const port = await serve((_, response) => {
    response.writeHead(201, { "content-length": 6 });
    response.write("abc");
    setImmediate(() => response.end("def"));
  });
  const connection = new HttpConnection(port);
  const ask = () => new Promise<number>((resolve) => connection.send(request, resolve));
  expect([await ask(), await ask()]).toEqual([201, 201]);
  connection.close();
});

test("a broken connection answers 0, and the next request gets a new one", async () => {
  let first = true;
  const port = await serve((_, response) => {
    if (first) response.destroy();
    else response.end("ok");
    first = false;
  });
  const connection = new HttpConnection(port);
  const ask = () => new Promise<number>((resolve) => connection.send(request, resolve));
  expect([await ask(), await ask()]).toEqual([0, 200]);
  connection.close();
});

test("the closed loop counts answers and errors apart", async () => {
  let count = 0;
  const port = await serve((_, response) => {
    response.statusCode = ++count % 2 ? 200 : 500;
    response.end("x");
  });
  const result = await closedLoop({
    port,
    request,
    concurrency: 4,
    warmUpMs: 0,
    measuredMs: 1_000,
    processes: { server: process.pid },
  });
  expect(result.answered).toBeGreaterThan(0);
  expect(Math.abs(result.answered - result.errors)).toBeLessThanOrEqual(4);
  expect(result.cpuMicros.server).toBeGreaterThan(0);
});

test("the open loop charges a stall to every request that was due in it", async () => {
  const port = await serve((_, response) => {
    response.end("ok");
    if (++answered === 20) stall(300);
  });
  let answered = 0;
  const {
    offered,
    answered: got,
    latenciesMs,
  } = await openLoop({
    port,
    request,
    ratePerSecond: 100,
    warmUpMs: 0,
    measuredMs: 1_000,
    stragglersMs: 60_000,
  });
  expect([offered, got]).toEqual([100, 100]);
  // Thirty requests were due during the stall; a loop that waits before it sends would see one slow answer.
  expect(latenciesMs.filter((ms) => ms > 50).length).toBeGreaterThan(15);
});

test("figures of a run that lost answers may not be quoted", () => {
  expect(objectionsTo("gateway", [{ offered: 1000, answered: 995, errors: 1 }])).toEqual([]);
  expect(objectionsTo("gateway", [{ offered: 1000, answered: 980, errors: 0 }])).toHaveLength(1);
  expect(objectionsTo("gateway", [{ offered: 1000, answered: 998, errors: 2 }])).toHaveLength(1);
});

function stall(ms: number): void {
  const until = Date.now() + ms;
  while (Date.now() < until);
}
