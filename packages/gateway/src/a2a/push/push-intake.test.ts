import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { Problem } from "../../http/index.ts";
import { createSealer, ManualClock, networkOf, systemRandom } from "../../runtime/index.ts";
import { NOTIFICATION_BYTES_MAX, PushIntake } from "./push-intake.ts";
import { PushSecrets } from "./push-secrets.ts";

const clock = new ManualClock();
const secrets = new PushSecrets(createSealer("the gateway's secret", systemRandom));
const intake = () => new PushIntake({ secrets, networkOf, clock });
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const statusOf = (work: () => void) => {
  try {
    work();
    return 200;
  } catch (error) {
    return (error as Problem).status;
  }
};

test("a secret tells of one config's agent, as credentials or as a token; any other tells of nobody", () => {
  const door = intake();
  const [config, agent] = [randomUUID(), randomUUID()];
  const secret = secrets.mint(config, agent);
  expect(door.notifierOf(config, bearer(secret))).toBe(`agent:${agent}`);
  expect(door.notifierOf(config, { "x-a2a-notification-token": secret })).toBe(`agent:${agent}`);
  expect(door.notifierOf(randomUUID(), bearer(secret))).toBeUndefined();
  expect(door.notifierOf(config, {})).toBeUndefined();
  for (let index = 3; index < secret.length - 1; index += 5) {
    const changed = secret.slice(0, index) + (secret[index] === "A" ? "B" : "A") + secret.slice(index + 1);
    expect(door.notifierOf(config, bearer(changed))).toBeUndefined();
  }
  const others = new PushSecrets(createSealer("another secret", systemRandom));
  expect(door.notifierOf(config, bearer(others.mint(config, agent)))).toBeUndefined();
  expect(statusOf(() => door.admit(config, {}, "192.0.2.1"))).toBe(401);
});

test("an agent has a rate over all its configs, and no part of another's", () => {
  const door = intake();
  const [agent, other] = [randomUUID(), randomUUID()];
  const send = (agentId: string) => {
    const config = randomUUID();
    return statusOf(() => door.admit(config, bearer(secrets.mint(config, agentId)), "192.0.2.1"));
  };
  const taken = Array.from({ length: 2_100 }, () => send(agent)).filter((status) => status === 200).length;
  expect(taken).toBe(2_000);
  expect([send(agent), send(other)]).toEqual([429, 200]);
  clock.advance(1_000);
  expect(Array.from({ length: 300 }, () => send(agent)).filter((status) => status === 200).length).toBe(200);
});

test("who shows what tells of nobody is looked up a few times a second, by network", () => {
  const door = intake();
  const guess = (ip: string) => statusOf(() => door.admit(randomUUID(), bearer("a".repeat(43)), ip));
  const from = (ips: string[]) => ips.map(guess).filter((status) => status === 200).length;
  expect(from(Array.from({ length: 300 }, (_, i) => `2001:db8::${i.toString(16)}`))).toBe(200);
  expect(guess("2001:db8:0:1::1")).toBe(200);
});

test("the bytes that are being taken in at once have a share for each agent, and are given back", async () => {
  const door = intake();
  const agent = randomUUID();
  const text = JSON.stringify("x".repeat(2 ** 20));
  const hold = Promise.withResolvers<void>();
  const send = (agentId: string) => {
    const config = randomUUID();
    const headers = bearer(secrets.mint(config, agentId));
    return door
      .take(config, headers, "192.0.2.1", text, () => hold.promise.then(() => 200))
      .catch(({ status }) => status);
  };
  const first = Array.from({ length: 30 }, () => send(agent));
  const theirs = send(randomUUID());
  hold.resolve();
  expect((await Promise.all(first)).filter((status) => status === 429).length).toBe(7);
  expect([await theirs, await send(agent)]).toEqual([200, 200]);
});

test("a notification of many pieces is refused before it is looked at", async () => {
  const door = intake();
  const config = randomUUID();
  const headers = bearer(secrets.mint(config, randomUUID()));
  const text = `{"a":[${"{},".repeat(60_000)}{}]}`;
  expect(text.length).toBeLessThan(NOTIFICATION_BYTES_MAX);
  await expect(door.take(config, headers, "192.0.2.1", text, async () => 200)).rejects.toThrow(Problem);
});
