import { expect, test } from "vitest";
import { ManualClock } from "../runtime/index.ts";
import { openDialer } from "./testing/open-dialer.ts";

const resolvesTo = (...addresses: string[]) => ({
  allowPrivateNetworks: false,
  resolve: async () => addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
});

test("a public URL passes, normalised", async () => {
  await using dialer = openDialer(resolvesTo("1.1.1.1", "2606:4700:4700::1111"));
  const checked = await dialer.checkUrl("HTTPS://Agent.Example:443/a2a");
  expect(checked).toEqual({ ok: true, url: new URL("https://agent.example/a2a") });
});

test.each([
  ["http://127.0.0.1/", "the host is not on the public internet"],
  ["http://localhost/", "the host is not on the public internet"],
  ["ftp://agent.example/", "only http and https URLs can be called"],
  ["http://a:b@agent.example/", "the URL must not contain credentials"],
  ["http://agent.example/#x", "the URL must not contain a fragment"],
  ["nonsense", "not a valid absolute URL"],
])("%s: %s", async (url, reason) => {
  await using dialer = openDialer(resolvesTo("1.1.1.1"));
  expect(await dialer.checkUrl(url)).toEqual({ ok: false, reason });
});

test("allowing private networks leaves cloud metadata closed", async () => {
  await using dialer = openDialer({ ...resolvesTo(), allowPrivateNetworks: true });
  const reason = "the host has a link-local or cloud metadata address";
  expect(await dialer.checkUrl("http://169.254.169.254/latest/")).toEqual({ ok: false, reason });
});

test("allowing private networks lifts the address rule alone", async () => {
  await using dialer = openDialer({ ...resolvesTo("10.0.0.1"), allowPrivateNetworks: true });
  expect(await dialer.checkUrl("http://agent.internal:9000/")).toMatchObject({ ok: true });
  expect(await dialer.checkUrl("http://127.0.0.1:9000/")).toMatchObject({ ok: true });
  expect(await dialer.checkUrl("http://a:b@127.0.0.1:9000/")).toMatchObject({ ok: false });
});

test("a name server that does not answer in time holds no registration up", async () => {
  const clock = new ManualClock();
  await using dialer = openDialer({ allowPrivateNetworks: false, clock, resolve: () => new Promise(() => {}) });
  const checked = dialer.checkUrl("http://agent.example/");
  clock.advance(3_000);
  expect(await checked).toMatchObject({ ok: true });
});
