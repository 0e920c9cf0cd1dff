import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  AgentApp,
  type FlowSession,
  flow,
  MemorySessionStore,
  type NewSession,
  none,
  type SessionStore,
  SiteError,
  step,
} from "../index.ts";
import { agentOf } from "../testing/agent-calls.ts";

const key = (value: string) => ({ "Idempotency-Key": value });

function site(sessionStore?: SessionStore) {
  const runs: string[] = [];
  let now = 0;
  const gate = Promise.withResolvers<void>();
  const app = new AgentApp({ title: "Shop", auth: none(), onError: () => {}, now: () => now, sessionStore })
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
    .intent("stream", {
      description: "Pays an amount and tells how it is going",
      stream: true,
      input: z.object({ amount: z.int() }),
      handler: async () => {
        runs.push("stream");
        await gate.promise;
        return "streamed";
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

  it("is refused with its status, not in a stream, when the caller wants a stream", async () => {
    const { app, runs, gate } = site();
    const agent = agentOf(app, { Accept: "application/json, text/event-stream" });
    const headers = { ...key("k"), "X-Agent-Request": "true", Accept: "text/event-stream" };
    const init = { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: '{"amount":7}' };
    const running = await app.fetch(new Request("http://localhost/agent/intents/stream", init));
    expect(running.headers.get("content-type")).toMatch("text/event-stream");
    await expect.poll(() => runs).toEqual(["stream"]);

    const repeat = await agent.intent("stream", { amount: 7 }, key("k"));
    expect([repeat.status, repeat.body.error, repeat.headers.get("retry-after")]).toEqual([
      409,
      "idempotency_in_progress",
      "1",
    ]);
    const other = await agent.intent("stream", { amount: 8 }, key("k"));
    expect([other.status, other.body.error]).toEqual([422, "idempotency_mismatch"]);
    gate.resolve();
    expect(await running.text()).toContain('event: result\ndata: "streamed"');
    const replay = await agent.intent("stream", { amount: 7 }, key("k"));
    expect([replay.status, replay.body, replay.headers.get("idempotency-replayed")]).toEqual([200, "streamed", "true"]);
    expect(runs).toEqual(["stream"]);
  });

  it("of a start gives the same session again, to its owner alone", async () => {
    const { app, forward } = site();
    const agent = agentOf(app, { "X-Agent-ID": "a" });
    const start = (body: object | undefined, name = "k") =>
      agent.send("POST", "/agent/flows/order/start", body, key(name));
    const [first, again] = [await start({}), await start({})];
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect([first, again].map(({ headers }) => headers.get("idempotency-replayed"))).toEqual([null, "true"]);
    expect((await start(undefined)).body).toEqual(first.body);

    const mismatch = await start({ other: 1 });
    expect([mismatch.status, mismatch.body.error]).toEqual([422, "idempotency_mismatch"]);
    expect((await start({}, "k2")).body.session_id).not.toBe(first.body.session_id);
    expect((await start({}, "\t")).status).toBe(422);

    const stranger = agentOf(app, { "X-Agent-ID": "b" });
    const theirs = await stranger.send("POST", "/agent/flows/order/start", {}, key("k"));
    expect(theirs.body.session_id).not.toBe(first.body.session_id);
    expect((await agent.step("order", "pay", first.body.session_id, {}, key("k"))).status).toBe(200);
    forward(25 * 60 * 60 * 1000);
    expect((await start({})).body.session_id).not.toBe(first.body.session_id);
  });

  it("of a start that is under way is refused, and is free again when the start failed", async () => {
    const opened = Promise.withResolvers<void>();
    let creations = 0;
    class SlowStore extends MemorySessionStore {
      override async create(init: NewSession): Promise<FlowSession> {
        if (++creations === 1) {
          await opened.promise;
          throw new Error("the database is down");
        }
        return super.create(init);
      }
    }
    const agent = agentOf(site(new SlowStore({ now: () => 0 })).app);
    const start = () => agent.send("POST", "/agent/flows/order/start", {}, key("k"));
    const failing = start();
    await expect.poll(() => creations).toBe(1);
    const early = await start();
    expect([early.status, early.body.error, early.headers.get("retry-after")]).toEqual([
      409,
      "idempotency_in_progress",
      "1",
    ]);
    opened.resolve();
    expect((await failing).status).toBe(500);
    expect((await start()).status).toBe(200);
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
