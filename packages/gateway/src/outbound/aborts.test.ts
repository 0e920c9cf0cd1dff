import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { ResolvedAddress } from "./index.ts";
import { kindOf, openDialer } from "./testing/open-dialer.ts";
import { answer, startRawServer } from "./testing/raw-server.ts";

const limits = { timeoutMs: 60_000, maxResponseBytes: 10_000 };

test("an abort before the name is resolved: nothing is ever sent", async () => {
  await using server = await startRawServer((socket) => socket.write(answer("late")));
  let resolved: (addresses: ResolvedAddress[]) => void = () => {};
  await using dialer = openDialer({ resolve: () => new Promise((resolve) => (resolved = resolve)) });
  const call = dialer.send({ url: `http://agent.example:${server.port}/`, method: "POST", ...limits });
  call.abort();
  expect(await kindOf(call.response)).toBe("aborted");
  resolved([{ address: "127.0.0.1", family: 4 }]);
  await expect.poll(() => dialer.stats()).toMatchObject({ calls: 0, connecting: 0, open: 0 });
  expect(server.requests).toEqual([]);
});

test("an abort before the connection is made, the aborted never awaited", async () => {
  await using server = await startRawServer((socket) => socket.write(answer("late")));
  await using dialer = openDialer();
  dialer.send({ url: server.url, method: "POST", ...limits }).abort();
  dialer.open({ url: server.url, method: "POST", ...limits }).abort();
  await expect.poll(() => dialer.stats()).toMatchObject({ calls: 0, streams: 0, connecting: 0, open: 0 });
  expect(server.requests).toEqual([]);
});

test.each(["nothing", "half a head", "half a body"])(
  "an abort after %s of the answer closes the connection",
  async (arrived) => {
    const text = {
      nothing: "",
      "half a head": "HTTP/1.1 200 OK\r\nx",
      "half a body": "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
    };
    await using server = await startRawServer((socket) => socket.write(text[arrived as keyof typeof text]));
    await using dialer = openDialer();
    const call = dialer.send({ url: server.url, method: "POST", ...limits });
    await expect.poll(() => server.requests.length).toBe(1);
    await sleep(20);
    call.abort();
    expect(await kindOf(call.response)).toBe("aborted");
    await expect.poll(() => server.sockets.size).toBe(0);
    await expect.poll(() => dialer.stats()).toMatchObject({ calls: 0, open: 0 });
  },
);

test("an abort while waiting for a place gives the place to nobody and sends nothing", async () => {
  await using server = await startRawServer((socket, request) => {
    if (request.includes("/last")) socket.write(answer("last"));
  });
  await using dialer = openDialer({ limits: { callsPerOrigin: 1 } });
  const send = (path: string) => dialer.send({ url: server.url + path, method: "POST", ...limits });
  const [first, second, last] = [send("first"), send("second"), send("last")];
  second.abort();
  expect(await kindOf(second.response)).toBe("aborted");
  expect(dialer.stats()).toMatchObject({ calls: 1, waiting: 1 });
  await expect.poll(() => server.requests.length).toBe(1);
  first.abort();
  expect((await last.response).body.toString()).toBe("last");
  expect(server.requests.map((request) => request.split(" ")[1])).toEqual(["/first", "/last"]);
});

test("an abort of a finished call changes nothing", async () => {
  await using server = await startRawServer((socket) => socket.write(answer("done")));
  await using dialer = openDialer();
  const call = dialer.send({ url: server.url, method: "POST", ...limits });
  await call.response;
  call.abort();
  expect((await call.response).body.toString()).toBe("done");
  await dialer.send({ url: server.url, method: "POST", ...limits }).response;
  expect(server.connections).toBeLessThanOrEqual(2);
});
