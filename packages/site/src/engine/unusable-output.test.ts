import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AgentApp, flow, none, type SessionOptions, step } from "../index.ts";
import { agentOf } from "../testing/agent-calls.ts";

const circular: Record<string, unknown> = {};
circular.self = circular;
const nested = (levels: number) => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
};
const throwing = () => {
  throw new Error("no");
};

/** What a handler may return that is no JSON, or no JSON that can be kept. */
const outputs: Record<string, () => unknown> = {
  "a circular object": () => circular,
  "a BigInt": () => ({ n: 1n }),
  "a toJSON that throws": () => ({ toJSON: throwing }),
  "a getter that throws": () => Object.defineProperty({}, "x", { enumerable: true, get: throwing }),
  "a Proxy whose every trap throws": () => new Proxy({}, { get: throwing, ownKeys: throwing }),
  "a Proxy whose keys throw": () => new Proxy({}, { ownKeys: throwing }),
  "an object of 100,000 levels": () => nested(100_000),
  "what the schema does not allow": () => ({ bad: true }),
};
const output = z.any().refine((value) => value?.bad !== true);

function site(make: () => unknown, options: { idempotent?: boolean; session?: SessionOptions } = {}) {
  const { session, ...more } = options;
  const errors: unknown[] = [];
  let runs = 0;
  const handler = () => {
    runs++;
    return make();
  };
  const app = new AgentApp({ title: "Shop", auth: none(), onError: (error) => errors.push(error) })
    .intent("charge", { description: "Charges", output, handler, ...more })
    .flow(
      flow("order", {
        description: "Orders",
        ...(session && { session }),
        steps: {
          pay: step({ entry: true, description: "Pays", output, handler, ...more }),
          ship: step({ after: "pay", description: "Ships", handler: () => "shipped" }),
        },
      }),
    );
  return { agent: agentOf(app), errors, runs: () => runs };
}

const key = { "Idempotency-Key": "k" };

describe.each(Object.entries(outputs))("a handler that returns %s", (_name, make) => {
  it("has run once under its key, and is reported", async () => {
    const { agent, runs, errors } = site(make);
    const first = await agent.intent("charge", {}, key);
    expect([first.status, first.body.error]).toEqual([500, "internal_error"]);
    const second = await agent.intent("charge", {}, key);
    expect([second.status, second.body]).toEqual([500, first.body]);
    expect([second.headers.get("idempotency-replayed"), runs(), errors.length]).toEqual(["true", 1, 1]);
    expect(String(errors[0])).toMatch(/intent "charge" has run, but/);
  });

  it("runs again without a key, and with one when it is declared idempotent", async () => {
    const { agent, runs } = site(make);
    for (let i = 0; i < 2; i++) expect((await agent.intent("charge")).status).toBe(500);
    expect(runs()).toBe(2);
    const repeatable = site(make, { idempotent: true });
    for (let i = 0; i < 2; i++) expect((await repeatable.agent.intent("charge", {}, key)).status).toBe(500);
    expect(repeatable.runs()).toBe(2);
  });

  it.each([{}, key])("has run once as a step, and the session waits to be resolved (%o)", async (headers) => {
    const { agent, runs, errors } = site(make);
    const session = await agent.start("order");
    expect((await agent.step("order", "pay", session, {}, headers as never)).status).toBe(500);
    for (let i = 0; i < 3; i++) {
      const { status, body } = await agent.step("order", "pay", session, {}, headers as never);
      expect([status, body.error]).toEqual([409, "step_outcome_unknown"]);
    }
    expect([runs(), errors.length]).toEqual([1, 1]);
  });

  it("is resolved by the site, or repeated where that does no harm", async () => {
    const resolved = site(make, { session: { resolveOutcome: () => ({ output: "paid" }) } });
    const session = await resolved.agent.start("order");
    expect((await resolved.agent.step("order", "pay", session)).status).toBe(500);
    expect((await resolved.agent.step("order", "ship", session)).body.result).toBe("shipped");
    expect(resolved.runs()).toBe(1);
    const repeatable = site(make, { idempotent: true });
    const again = await repeatable.agent.start("order");
    for (let i = 0; i < 2; i++) expect((await repeatable.agent.step("order", "pay", again)).status).toBe(500);
    expect(repeatable.runs()).toBe(2);
  });
});

describe("a step", () => {
  const dataOf = (change: (data: Record<string, unknown>) => void, session: SessionOptions = {}) => {
    let runs = 0;
    const go = step({
      entry: true,
      description: "Goes",
      handler: (_input, { session }) => {
        runs++;
        change(session.data);
        return "went";
      },
    });
    const end = step({ after: "go", description: "Ends", handler: (_input, { session }) => session.data });
    const app = new AgentApp({ title: "Shop", auth: none(), onError: () => {} }).flow(
      flow("f", { description: "A flow", session, steps: { go, end } }),
    );
    return { agent: agentOf(app), runs: () => runs };
  };

  it.each<[string, (data: Record<string, unknown>) => void, SessionOptions?]>([
    ["a circular object in its data", (data) => Object.assign(data, { circular })],
    ["a BigInt in its data", (data) => Object.assign(data, { n: 1n })],
    ["too much in its data", (data) => Object.assign(data, { text: "x".repeat(3_000_000) })],
    ["too many levels in its data", (data) => Object.assign(data, { nested: nested(1000) })],
    ["a redact that throws", () => {}, { redact: throwing }],
    ["a redact that makes no JSON", () => {}, { redact: () => ({ step_name: "go", input: 1n, output: 1 }) }],
  ])("that leaves %s has run once", async (_name, change, session) => {
    const { agent, runs } = dataOf(change, session);
    const id = await agent.start("f");
    expect((await agent.step("f", "go", id, {}, key)).status).toBe(500);
    for (const headers of [key, {}]) {
      expect((await agent.step("f", "go", id, {}, headers as never)).body.error).toBe("step_outcome_unknown");
    }
    expect(runs()).toBe(1);
    expect((await agent.inspect("f", id)).status).toBe(200);
  });

  it("keeps its data as JSON has it, read once", async () => {
    let reads = 0;
    const { agent } = dataOf((data) => {
      data.date = new Date(0);
      Object.defineProperty(data, "counted", { enumerable: true, get: () => ++reads });
    });
    const id = await agent.start("f");
    expect((await agent.step("f", "go", id)).status).toBe(200);
    expect((await agent.step("f", "end", id)).body.result).toEqual({ date: "1970-01-01T00:00:00.000Z", counted: 1 });
    expect(reads).toBe(1);
  });

  it("has run when its reply is too large to be kept, and says so to a repetition", async () => {
    let runs = 0;
    const handler = () => "x".repeat(300_000) + ++runs;
    const app = new AgentApp({ title: "Shop", auth: none(), onError: () => {} })
      .intent("large", { description: "Says much", handler })
      .flow(flow("f", { description: "A flow", steps: { go: step({ entry: true, description: "Goes", handler }) } }));
    const agent = agentOf(app);
    const id = await agent.start("f");
    for (const call of [() => agent.intent("large", {}, key), () => agent.step("f", "go", id, {}, key)]) {
      runs = 0;
      expect((await call()).status).toBe(200);
      const { status, body } = await call();
      expect([status, body.error, runs]).toEqual([409, "step_outcome_unknown", 1]);
    }
  });
});
