import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AgentApp, flow, none, SiteError, step } from "../index.ts";
import { agentOf } from "../testing/agent-calls.ts";

const key = (value: string) => ({ "Idempotency-Key": value });

function site() {
  const runs: string[] = [];
  let now = 0;
  const gate = Promise.withResolvers<void>();
  const app = new AgentApp({ title: "Shop", auth: none(), onError: () => {}, now: () => now })
    .intent("pay", {
      description: "Pays an amount",
      input: z.object({ amount: z.int() }),
      handler: async ({ amount }, { idempotencyKey }) => {
        runs.push(`${idempotencyKey}`);
        if (amount === 0) throw new SiteError("nothing_to_pay", "The amount is 0.");
        if (amount === -1) throw new Error("the bank is down");
        if (amount === 7) await gate.promise;
        return runs.length;
      },
    })
    .flow(
      flow("order", {
        description: "Orders and pays",
        steps: {
          pay: step({ entry: true, description: "Pays", handler: () => runs.push("step") }),
          ship: step({ after: "pay", description: "Ships", handler: () => runs.push("ship") }),
        },
      }),
    );
  const forward = (ms: number) => {
    now += ms;
  };
  return { app, runs, gate, forward };
}

describe("Idempotency-Key", () => {
  it("repeats the reply, a refusal too, but not a failure", async () => {
    const { app, runs } = site();
    const agent = agentOf(app);
    for (const [amount, status] of [
      [5, 200],
      [0, 422],
    ] as const) {
      const first = await agent.intent("pay", { amount }, key(`k${amount}`));
      const second = await agent.intent("pay", { amount }, key(`k${amount}`));
      expect([first.status, second.status, second.body]).toEqual([status, status, first.body]);
      expect([first.headers.get("idempotency-replayed"), second.headers.get("idempotency-replayed")]).toEqual([
        null,
        "true",
      ]);
    }
    expect(runs).toEqual(["k5", "k0"]);
    await agent.intent("pay", { amount: -1 }, key("down"));
    await agent.intent("pay", { amount: -1 }, key("down"));
    expect(runs).toEqual(["k5", "k0", "down", "down"]);
  });

  it("belongs to one caller and one operation", async () => {
    const { app, runs } = site();
    await agentOf(app, { "X-Agent-ID": "a" }).intent("pay", { amount: 5 }, key("k"));
    await agentOf(app, { "X-Agent-ID": "b" }).intent("pay", { amount: 5 }, key("k"));
    expect(runs).toHaveLength(2);
  });

  it("refuses other arguments and concurrent repeats, and forgets after a day", async () => {
    const { app, runs, gate, forward } = site();
    const agent = agentOf(app);
    const running = agent.intent("pay", { amount: 7 }, key("k"));
    await expect.poll(() => runs.length).toBe(1);
    const repeat = await agent.intent("pay", { amount: 7 }, key("k"));
    expect([repeat.status, repeat.body.error]).toEqual([409, "idempotency_in_progress"]);
    expect((await agent.intent("pay", { amount: 8 }, key("k"))).body.error).toBe("idempotency_mismatch");
    gate.resolve();
    expect((await running).body).toBe(1);
    expect((await agent.intent("pay", { amount: 7 }, key("k"))).body).toBe(1);
    expect(runs).toHaveLength(1);
    forward(25 * 60 * 60 * 1000);
    expect((await agent.intent("pay", { amount: 7 }, key("k"))).body).toBe(2);
  });

  it("runs 20 concurrent requests once", async () => {
    const { app, runs } = site();
    const agent = agentOf(app);
    const replies = await Promise.all(Array.from({ length: 20 }, () => agent.intent("pay", { amount: 5 }, key("k"))));
    expect(runs).toHaveLength(1);
    for (const { body } of replies) expect([1, "idempotency_in_progress"]).toContain(body.error ?? body);
  });

  it("gives the reply of a step again when it was lost, from the session itself", async () => {
    const { app, runs } = site();
    const agent = agentOf(app);
    const session = await agent.start("order");
    const first = await agent.step("order", "pay", session, {}, key("k"));
    const repeat = await agent.step("order", "pay", session, {}, key("k"));
    expect([repeat.body, repeat.headers.get("idempotency-replayed"), runs]).toEqual([first.body, "true", ["step"]]);
    expect((await agent.step("order", "pay", session, { other: 1 }, key("k"))).body.error).toBe("idempotency_mismatch");
    expect((await agent.step("order", "ship", session, {}, key("k2"))).body.flow_complete).toBe(true);
  });
});
