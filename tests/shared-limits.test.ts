import { hasRedis, type RedisService, startRedis } from "@agentgate/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
  textTask,
} from "../packages/gateway/src/testing/index.ts";

const RATE = 40;
const BURST = 30;
const CALLERS_PER_NODE = 8;

/** Promise P10 over HTTP: two nodes with one Redis are one limit. */
describe.skipIf(!hasRedis())("two nodes and one Redis", () => {
  let redis: RedisService;
  let nodes: TestGateway[];
  let agent: TestAgent;
  let agentId: string;

  beforeEach(async () => {
    redis = await startRedis();
    agent = await startAgent();
    // So patient that they give Redis up only when Redis is gone, however slow the machine.
    const limits = { redisUrl: redis.url, redisTimeoutMs: 90_000, rateLimit: RATE, rateBurst: BURST };
    const first = await startTestGateway("sqlite", limits);
    nodes = [first, await first.another()];
    agentId = (await first.register({ name: "limited", url: agent.url })).id;
    await redisIs("ok");
  });
  afterEach(async () => {
    await nodes[0]!.close();
    await agent.close();
    await redis.stop();
  });

  const readiness = () => Promise.all(nodes.map((node) => node.call("GET", "/health/ready", undefined, null)));

  async function redisIs(state: "ok" | "unavailable") {
    const expected = { status: 200, body: { status: "ready", checks: { database: "ok", redis: state } } };
    await expect.poll(readiness).toEqual(nodes.map(() => expect.objectContaining(expected)));
  }

  /**
   * Callers of both nodes send as fast as they can until `enough`; what they were answered, how long it took, and for how many of these
   * seconds at least they did send: the machine may have given them no turn.
   */
  async function storm(enough: (sent: number) => boolean) {
    const startedAt = performance.now();
    let lastAt = startedAt;
    let busySeconds = 0;
    const statuses: number[] = [];
    const unexpected: unknown[] = [];
    const caller = async (node: TestGateway) => {
      while (!enough(statuses.length)) {
        const { status, headers, body } = await node.call("POST", `/agents/${agentId}/task`, textTask("hi"), null);
        statuses.push(status);
        busySeconds += Math.min(0.1, (performance.now() - lastAt) / 1_000);
        lastAt = performance.now();
        if (status === 429 && Number(headers.get("retry-after")) >= 1) continue;
        if (status !== 200) unexpected.push(body);
      }
    };
    const callers = nodes.flatMap((node) => Array.from({ length: CALLERS_PER_NODE }, () => caller(node)));
    await Promise.all(callers);
    const seconds = (performance.now() - startedAt) / 1_000;
    const admitted = statuses.filter((status) => status === 200).length;
    return { sent: statuses.length, admitted, seconds, busySeconds, unexpected };
  }

  test("together admit no more than one burst and the rate", async () => {
    const { sent, admitted, seconds, busySeconds, unexpected } = await storm((sent) => sent >= 1_500);
    expect(unexpected).toEqual([]);
    expect(admitted).toBeGreaterThan(Math.min(sent, RATE * busySeconds) * 0.5);
    expect(admitted).toBeLessThanOrEqual(BURST + RATE * seconds);
  });

  test("Redis killed in the midst: no caller notices, each node limits alone, and they meet again", async () => {
    let killed: Promise<void> | undefined;
    const { admitted, seconds, unexpected } = await storm((sent) => {
      if (sent >= 300) killed ??= redis.kill();
      return sent >= 1_500;
    });
    await killed;
    expect(unexpected).toEqual([]);
    expect(admitted).toBeLessThanOrEqual(nodes.length * (BURST + RATE * seconds));
    await redisIs("unavailable");

    redis = await startRedis({ port: redis.port });
    await redisIs("ok");
    const again = await storm((sent) => sent >= 1_000);
    expect(again.unexpected).toEqual([]);
    // The new Redis knows nothing of what was taken before: one more burst.
    expect(again.admitted).toBeLessThanOrEqual(BURST + RATE * again.seconds);
  });
});
