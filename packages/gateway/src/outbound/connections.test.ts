import type { Dispatcher } from "undici";
import { expect, test } from "vitest";
import { Connections } from "./connections.ts";
import { answer, startRawServer } from "./testing/raw-server.ts";

const options = (path: string, headers: string[] = []): Dispatcher.DispatchOptions => ({
  path,
  method: "GET",
  headers,
});

/** Sends a request and waits for the end of its answer. */
function send(connections: Connections, given: Dispatcher.DispatchOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    connections.dispatch(given, {
      onRequestStart() {},
      onResponseStart() {},
      onResponseData() {},
      // Undici frees a connection one turn after its answer.
      onResponseEnd: () => setImmediate(() => setImmediate(resolve)),
      onResponseError: (_, error) => reject(error),
    });
  });
}

test("a free connection is used again, the one used last first", async () => {
  const used: string[] = [];
  await using server = await startRawServer((socket, request) => {
    used.push(`${request.split(" ")[1]} on ${socket.remotePort}`);
    socket.write(answer("ok"));
  });
  const connections = new Connections(server.url, {});
  await Promise.all(["/a", "/b", "/c"].map((path) => send(connections, options(path))));
  expect(server.connections).toBe(3);
  for (let number = 0; number < 5; number++) await send(connections, options("/again"));
  expect(server.connections).toBe(3);
  expect(new Set(used.slice(3)).size).toBe(1);
  await connections.destroy();
});

test("a connection that the other side has closed is given up, and the next request gets another", async () => {
  await using server = await startRawServer((socket) => socket.end(answer("ok", "connection: close\r\n")));
  const connections = new Connections(server.url, {});
  for (let number = 1; number <= 3; number++) {
    await send(connections, options("/"));
    await expect.poll(() => connections.size).toBe(0);
    expect(server.connections).toBe(number);
  }
});

test("a request that cannot be sent, and one to nobody, leave nothing behind", async () => {
  const server = await startRawServer((socket) => socket.write(answer("ok")));
  const connections = new Connections(server.url, {});
  await expect(send(connections, options("/", ["bad name", "x"]))).rejects.toThrow("invalid header key");
  expect(connections.size).toBe(0);
  await send(connections, options("/"));
  await expect(send(connections, options("/", ["name", "bad\nvalue"]))).rejects.toThrow("invalid name header");
  expect(connections.size).toBe(1);
  await send(connections, options("/"));
  expect(server.connections).toBe(1);
  await server[Symbol.asyncDispose]();
  await expect.poll(() => connections.size).toBe(0);
  await expect(send(connections, options("/"))).rejects.toThrow("ECONNREFUSED");
  await expect.poll(() => connections.size).toBe(0);
});

test("closing lets a request end, destroying does not", async () => {
  let finish = () => {};
  await using server = await startRawServer((socket) => {
    finish = () => socket.write(answer("late"));
  });
  const closing = new Connections(server.url, {});
  const ended = send(closing, options("/"));
  await expect.poll(() => server.requests.length).toBe(1);
  const closed = closing.close();
  finish();
  await ended;
  await closed;
  const cut = new Connections(server.url, {});
  const failed = expect(send(cut, options("/"))).rejects.toThrow("destroyed");
  await expect.poll(() => server.requests.length).toBe(2);
  await cut.destroy();
  await failed;
  await expect.poll(() => server.sockets.size).toBe(0);
});
