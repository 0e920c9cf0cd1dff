import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { hostedAgent, hostedUrl } from "./index.ts";
import { openDialer } from "./testing/open-dialer.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  open.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const says = (text: string) => serve((_, response) => response.end(text));
const limits = { method: "GET", timeoutMs: 10_000, maxResponseBytes: 1_000 } as const;

test("a name stands for an agent, and for nothing else", () => {
  expect(hostedAgent(new URL(hostedUrl("a-1")).hostname)).toBe("a-1");
  expect(hostedAgent("a-1.hosted.agentgate.internal.")).toBe("a-1");
  expect(hostedAgent("agent.example")).toBeUndefined();
});

describe.each([false, true])("with private networks allowed: %s", (allowPrivateNetworks) => {
  test("the port is open to calls of its agent alone", async () => {
    await using dialer = openDialer({ allowPrivateNetworks });
    const port = await says("a");
    const send = (url: string, agentId?: string) =>
      dialer.send({ ...limits, url, agentId }).response.then(
        ({ body }) => body.toString(),
        (error) => error.kind,
      );
    expect(await send(hostedUrl("a"), "a")).toBe("not_running");
    await dialer.host("a", port);
    expect(await send(hostedUrl("a"), "a")).toBe("a");
    expect(await send(`${hostedUrl("a")}/x?y`, "a")).toBe("a");
    for (const other of ["b", undefined]) expect(await send(hostedUrl("a"), other)).toBe("refused_address");
    for (const url of [`http://127.0.0.1:${port}`, `http://[::ffff:127.0.0.1]:${port}`, `http://localhost:${port}`]) {
      expect(await send(url, "b")).toBe("refused_address");
      expect(await send(url, "a")).toBe("refused_address");
    }
    for (const url of [`${hostedUrl("a")}:${port}`, hostedUrl("a").replace("http:", "https:")])
      expect(await send(url, "a")).toBe("invalid_request");
    for (const url of [hostedUrl("a"), `${hostedUrl("b").toUpperCase()}/x`, "http://x.y.hosted.agentgate.internal."])
      expect(await dialer.checkUrl(url)).toMatchObject({ ok: false });
    await dialer.unhost("a");
    expect(await send(hostedUrl("a"), "a")).toBe("not_running");
  });
});

test("moved, an agent gets its next calls at the new port, while those under way end at the old one", async () => {
  await using dialer = openDialer({ allowPrivateNetworks: false });
  const held: (() => void)[] = [];
  const old = await serve((request, response) => {
    if (request.url === "/slow") held.push(() => response.end("old"));
    else response.end("old");
  });
  const send = (path = "/") => dialer.send({ ...limits, url: hostedUrl("a") + path, agentId: "a" }).response;
  await dialer.host("a", old);
  expect((await send()).body.toString()).toBe("old");
  const slow = send("/slow");
  const stream = dialer.open({ ...limits, url: `${hostedUrl("a")}/slow`, agentId: "a" });
  await expect.poll(() => held.length).toBe(2);
  let drained = false;
  const moved = dialer.host("a", await says("new")).then(() => {
    drained = true;
  });
  const after = await Promise.all(Array.from({ length: 20 }, () => send()));
  expect(after.map(({ body }) => body.toString())).toEqual(Array(20).fill("new"));
  expect(drained).toBe(false);
  stream.abort();
  await stream.response.catch(() => {});
  for (const release of held) release();
  expect((await slow).body.toString()).toBe("old");
  await moved;
  expect(drained).toBe(true);
});
