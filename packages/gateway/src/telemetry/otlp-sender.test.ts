import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDialer, type Dialer } from "../outbound/index.ts";
import { silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { BATCHES, BoundedBatches } from "./bounded-batches.ts";
import { OtlpSender } from "./otlp-sender.ts";
import { type OtlpReceiver, startOtlpReceiver } from "./testing/otlp-receiver.ts";

let collector: OtlpReceiver;
let dialer: Dialer;
let sender: OtlpSender;
const said: unknown[] = [];
/** Its waits are short, whatever is waited for. */
const clock = { ...systemClock, after: (ms: number, task: () => void) => systemClock.after(Math.min(ms, 20), task) };

beforeAll(async () => {
  collector = await startOtlpReceiver();
  dialer = createDialer({ allowPrivateNetworks: true, clock: systemClock, log: silentLog });
});
afterAll(async () => {
  await dialer.close(0);
  await collector.close();
});
beforeEach(() => {
  collector.bodies.length = 0;
  said.length = 0;
  const log = { ...silentLog, warn: (fields: object) => void said.push(fields) };
  const headers = { "x-key": "secret" };
  sender = new OtlpSender({
    dialer,
    clock,
    random: systemRandom,
    log,
    headers,
    protocol: "http/json",
    timeoutMs: 5_000,
  });
});

const body = Buffer.from('{"resourceSpans":[]}');
const none = () => 0;
const answering =
  (...statuses: number[]) =>
  (response: ServerResponse) =>
    void response.writeHead(statuses.length > 1 ? statuses.shift()! : statuses[0]!).end("{}");
const send = (rejected: (answer: Buffer) => number = none, url = `${collector.url}/v1/traces`) =>
  sender.send("traces", url, body, 10, rejected);

test("a batch that is taken is counted", async () => {
  collector.behave = answering(200);
  expect(await send()).toBe(true);
  expect(sender.counts.traces).toEqual({ sent: 10, dropped: 0 });
  expect(collector.bodies[0]).toMatchObject({
    headers: { "content-type": "application/json", "x-key": "secret" },
    text: body.toString(),
  });
});

test("of one that is taken in part, the rest is counted as dropped", async () => {
  collector.behave = answering(200);
  expect(await send(() => 4)).toBe(true);
  expect(sender.counts.traces).toEqual({ sent: 6, dropped: 4 });
});

test.each([429, 502, 503, 504])("%s means later: it is sent again", async (status) => {
  collector.behave = answering(status, status, 200);
  expect(await send()).toBe(true);
  expect([collector.bodies.length, sender.counts.traces]).toEqual([3, { sent: 10, dropped: 0 }]);
});

test("after three attempts it is given up, and said once", async () => {
  collector.behave = answering(503);
  expect(await send()).toBe(false);
  await send();
  expect([collector.bodies.length, sender.counts.traces.dropped]).toEqual([6, 20]);
  expect(said).toEqual([{ signal: "traces", why: "the collector answered 503", dropped: 10 }]);
});

test.each([400, 401, 404, 500, 307])("%s is final", async (status) => {
  collector.behave = (response) => void response.writeHead(status, { location: `${collector.url}/elsewhere` }).end();
  expect(await send()).toBe(false);
  expect([collector.bodies.length, sender.counts.traces.dropped]).toEqual([1, 10]);
});

test("nothing is sent to where clouds hand out credentials", async () => {
  expect(await send(none, "http://169.254.169.254/v1/traces")).toBe(false);
  expect(said).toMatchObject([{ why: expect.stringContaining("metadata") }]);
});

describe("a collector that hangs", () => {
  test("lets a bounded number wait; the rest is dropped at once and counted", async () => {
    collector.behave = () => {};
    const url = `${collector.url}/v1/traces`;
    const encode = (items: number[]) => Buffer.from(JSON.stringify(items));
    const batches = new BoundedBatches<number>({ signal: "traces", url, sender, encode, rejected: none });
    const taken = Array.from({ length: BATCHES.maxQueueSize + 500 }, () => batches.take()).filter(Boolean);
    expect([taken.length, sender.counts.traces.dropped]).toEqual([BATCHES.maxQueueSize, 500]);
    const result = new Promise<number>((resolve) => {
      batches.exporter.export([1, 2, 3], ({ code }) => resolve(code));
    });
    sender.close();
    expect(await result).toBe(1);
    expect(sender.counts.traces.dropped).toBe(503);
    // Those three have left their places.
    expect([batches.take(), batches.take(), batches.take(), batches.take()]).toEqual([true, true, true, false]);
  });

  test("no more than so many batches are under way", async () => {
    collector.behave = () => {};
    const sent = Array.from({ length: 40 }, () => send());
    await expect.poll(() => sender.counts.traces.dropped).toBeGreaterThanOrEqual(80);
    sender.close();
    expect(await Promise.all(sent)).toEqual(sent.map(() => false));
    expect(sender.counts.traces).toEqual({ sent: 0, dropped: 400 });
  });
});
