import { expect, test } from "vitest";
import { systemClock } from "../runtime/index.ts";
import { createDnsResolve } from "./resolver.ts";
import { startDnsServer, type Zone } from "./testing/dns-server.ts";
import { kindOf, openDialer } from "./testing/open-dialer.ts";
import { answer, startRawServer } from "./testing/raw-server.ts";

const limits = { timeoutMs: 60_000, maxResponseBytes: 10_000 };
const somewherePublic = "93.184.215.14";

/** A dialer whose names are answered by `zone`, through a real resolver, and the loopback server they must not lead to. */
async function setUp(zone: Zone, allowPrivateNetworks: boolean) {
  const inside = await startRawServer((socket) => socket.write(answer("inside")));
  const names = await startDnsServer(zone);
  const dialer = openDialer({ allowPrivateNetworks, resolve: createDnsResolve(systemClock, [names.server]) });
  return {
    inside,
    names,
    dialer,
    url: `http://agent.test:${inside.port}/`,
    async [Symbol.asyncDispose]() {
      await dialer[Symbol.asyncDispose]();
      await names[Symbol.asyncDispose]();
      await inside[Symbol.asyncDispose]();
    },
  };
}

test("a name that is public when registered and loopback when called is refused, every time", async () => {
  await using setup = await setUp((_, count) => [count === 0 ? somewherePublic : "127.0.0.1"], false);
  const { dialer, url, inside } = setup;
  expect(await dialer.checkUrl(url)).toMatchObject({ ok: true });
  for (let i = 0; i < 5; i++) {
    expect(await kindOf(dialer.send({ url, method: "POST", ...limits }).response)).toBe("refused_address");
    expect(await kindOf(dialer.open({ url, method: "POST", ...limits }).response)).toBe("refused_address");
  }
  expect(inside.connections).toBe(0);
});

test("a connection goes to the address that was checked: there is no second lookup", async () => {
  const zone: Zone = (_, count) => [count === 0 ? "127.0.0.1" : "127.0.0.2"];
  await using setup = await setUp(zone, true);
  await using elsewhere = await startRawServer(
    (socket) => socket.write(answer("elsewhere")),
    "127.0.0.2",
    setup.inside.port,
  );
  const { body } = await setup.dialer.send({ url: setup.url, method: "POST", ...limits }).response;
  expect(body.toString()).toBe("inside");
  expect(elsewhere.connections).toBe(0);
  expect(setup.names.questions).toEqual(expect.arrayContaining(["A agent.test", "AAAA agent.test"]));
  expect(setup.names.questions).toHaveLength(2);
});

test.each([
  ["a public and a loopback address", [somewherePublic, "127.0.0.1"]],
  ["a loopback address of the other family", [somewherePublic, "::1"]],
  ["a loopback address beyond those that would be tried", [...Array<string>(20).fill(somewherePublic), "127.0.0.1"]],
  ["cloud metadata", ["169.254.169.254"]],
  ["an IPv4-mapped address", ["::ffff:127.0.0.1"]],
  ["0.0.0.0", ["0.0.0.0"]],
])("a name with %s is refused altogether", async (_, addresses) => {
  await using setup = await setUp(
    () => addresses.map((address) => (address === "::ffff:127.0.0.1" ? "::ffff:7f00:1" : address)),
    false,
  );
  const { dialer, url, inside } = setup;
  expect(await kindOf(dialer.send({ url, method: "POST", ...limits }).response)).toBe("refused_address");
  expect(await dialer.checkUrl(url)).toEqual({ ok: false, reason: "the host is not on the public internet" });
  expect(inside.connections).toBe(0);
});

test("where private networks are allowed, a name of cloud metadata is refused, and of two addresses the other one is called", async () => {
  await using setup = await setUp(
    (name) => (name === "agent.test" ? ["169.254.169.254", "127.0.0.1"] : ["169.254.169.254"]),
    true,
  );
  const { dialer, url, inside } = setup;
  const metadata = url.replace("agent.test", "metadata.test");
  expect(await kindOf(dialer.send({ url: metadata, method: "GET", ...limits }).response)).toBe("refused_address");
  expect(inside.connections).toBe(0);
  const { body } = await dialer.send({ url, method: "GET", ...limits }).response;
  expect(body.toString()).toBe("inside");
});

test("a name that does not resolve may be registered but not called", async () => {
  await using setup = await setUp(() => [], false);
  expect(await setup.dialer.checkUrl(setup.url)).toMatchObject({ ok: true });
  expect(await kindOf(setup.dialer.send({ url: setup.url, method: "GET", ...limits }).response)).toBe("connect");
});

test("calls at the same time share one lookup; later ones look again", async () => {
  await using setup = await setUp(() => ["127.0.0.1"], true);
  const call = () => setup.dialer.send({ url: setup.url, method: "POST", ...limits }).response;
  await Promise.all(Array.from({ length: 20 }, call));
  const first = setup.names.questions.length;
  expect(first).toBe(2);
  for (const socket of setup.inside.sockets) socket.destroy();
  await expect.poll(() => setup.dialer.stats().open).toBe(0);
  await call();
  expect(setup.names.questions.length).toBe(first + 2);
});
