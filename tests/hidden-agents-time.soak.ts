import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../packages/gateway/src/storage/testing/index.ts";
import {
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
  textTask,
} from "../packages/gateway/src/testing/index.ts";

/**
 * How long an answer takes tells nobody whether there is a hidden agent. Both are asked for in turns, each time another one; how often the one took
 * longer than the other is half of all, whatever the machine does beside. That the same is looked up is held by tests/hidden-agents.test.ts.
 */
const AGENTS = 400;
const ROUNDS = Number(process.env.AGENTGATE_TEST_ROUNDS ?? 3_000);
/** Of 3,000 against 3,000, chance moves it by 0.0075. */
const OFF_MAX = 0.04;

describe.each(testEngines())("the time of an answer on %s", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  let stranger: string;
  const hidden: string[] = [];
  beforeAll(async () => {
    [gate, agent] = await Promise.all([startTestGateway(engine), startAgent()]);
    const free = { rate_limit: 1e6, rate_burst: 1e6, tier: "enterprise" };
    const owner = await gate.createOrg("Owner", free);
    stranger = (await gate.createOrg("Stranger", free)).key;
    for (let n = 0; n < AGENTS; n++) {
      const fields = { name: `secret ${n}`, url: agent.url, protocol: "plain", visibility: "org", price_per_task: 0.1 };
      hidden.push((await gate.register(fields, owner.key)).id);
    }
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "hi" }] };
  const rpc = { jsonrpc: "2.0", id: 1, method: "SendMessage", params: { message } };
  test.each<[method: string, rest: string, body?: object]>([
    ["GET", ""],
    ["GET", "/card"],
    ["GET", "/health"],
    ["POST", "/task", textTask("x")],
    ["POST", "", rpc],
    ["PUT", "", { description: "x" }],
  ])("%s /agents/{id}%s", async (method, rest, body) => {
    const took: Record<"hidden" | "absent", number[]> = { hidden: [], absent: [] };
    const ask = async (id: string, key: string | null) => {
      const from = performance.now();
      await gate.call(method, `/agents/${id}${rest}`, body, key);
      return performance.now() - from;
    };
    for (const key of [null, stranger]) {
      took.hidden.length = took.absent.length = 0;
      for (let round = -100; round < ROUNDS; round++) {
        if (round === 0) took.hidden.length = took.absent.length = 0;
        const ids = { hidden: hidden[(round + 100) % AGENTS]!, absent: absentId(round % AGENTS) };
        for (const kind of round % 2 === 0 ? (["hidden", "absent"] as const) : (["absent", "hidden"] as const))
          took[kind].push(await ask(ids[kind], key));
      }
      const off = shareAbove(took.hidden, took.absent) - 0.5;
      console.log(`${engine}: ${method} ${rest}, ${key ? "a stranger" : "nobody"}: off by ${off.toFixed(4)}`);
      expect(Math.abs(off)).toBeLessThan(OFF_MAX);
    }
  });
});

/** As often asked for as each hidden one, so that what is remembered of both is the same. */
const absentId = (n: number): string => `00000000-0000-4000-8000-${`${Math.abs(n)}`.padStart(12, "0")}`;

/** How often one of the first is larger than one of the second, of all pairs. */
function shareAbove(some: readonly number[], others: readonly number[]): number {
  const sorted = others.toSorted((a, b) => a - b);
  const below = (value: number) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return some.reduce((sum, value) => sum + below(value), 0) / (some.length * others.length);
}
