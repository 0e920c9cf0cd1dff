import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { AgentApp, flow, none, type SessionStore, step } from "../index.ts";
import { agentOf } from "../testing/agent-calls.ts";
import { plainStore, storeKinds } from "../testing/stores.ts";
import { sessionStoreSuite } from "./store-suite.ts";

describe.each(storeKinds)("$name", ({ available, open }) => {
  let store: SessionStore;
  let close: () => unknown = () => {};
  beforeAll(async () => {
    if (available) ({ store, close } = await open());
  });
  afterAll(() => close());

  it.skipIf(!available).each(sessionStoreSuite)("$name", ({ run }) => run(store));

  it.skipIf(!available)("runs a step once for 50 concurrent calls, and answers 409 to 49", async () => {
    let runs = 0;
    let refused = 0;
    let finish = () => {};
    const allRefused = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const app = new AgentApp({ title: "Shop", auth: none(), sessionStore: store, onError: () => {} }).flow(
      flow("checkout", {
        description: "Pays once",
        steps: {
          pay: step({
            entry: true,
            description: "Charges the card",
            input: z.object({ amount: z.int() }),
            handler: async () => {
              runs++;
              await allRefused;
              return "paid";
            },
          }),
        },
      }),
    );
    const post = (path: string, headers: Record<string, string> = {}) =>
      app.fetch(
        new Request(`http://localhost${path}`, {
          method: "POST",
          headers: { "X-Agent-Request": "true", "Content-Type": "application/json", ...headers },
          body: '{"amount":1}',
        }),
      );
    const { session_id } = (await (await post("/agent/flows/checkout/start")).json()) as { session_id: string };
    const calls = Array.from({ length: 50 }, async () => {
      const response = await post("/agent/flows/checkout/step/pay", { "X-Session-ID": session_id });
      if (response.status === 409 && ++refused === 49) finish();
      return { status: response.status, body: (await response.json()) as { error?: string } };
    });
    const replies = await Promise.all(calls);
    expect(runs).toBe(1);
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    const conflicts = replies.filter(({ status, body }) => status === 409 && body.error === "step_in_progress");
    expect(conflicts).toHaveLength(49);
  });

  it.skipIf(!available)("starts one session for 20 concurrent requests with one key", async () => {
    const pay = step({ entry: true, description: "Charges the card", handler: () => "paid" });
    const checkout = flow("checkout", { description: "Pays once", steps: { pay } });
    const agent = agentOf(new AgentApp({ title: "Shop", auth: none(), sessionStore: store }).flow(checkout));
    const start = () => agent.send("POST", "/agent/flows/checkout/start", {}, { "Idempotency-Key": key });
    const key = crypto.randomUUID();
    const replies = await Promise.all(Array.from({ length: 20 }, start));
    const started = replies.filter(({ status }) => status === 200);
    const { body } = await start();
    expect(started.length).toBeGreaterThan(0);
    expect(new Set(started.map((reply) => reply.body.session_id))).toEqual(new Set([body.session_id]));
    for (const reply of replies) expect([undefined, "idempotency_in_progress"]).toContain(reply.body.error);
    expect((await agent.step("checkout", "pay", body.session_id)).body.result).toBe("paid");
  });
});

describe("a store of create, get and update alone", () => {
  it("is taken as it is, with a warning", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    const go = step({ entry: true, description: "Does it", handler: (_, { session }) => session.id });
    const flows = { once: flow("once", { description: "One step", steps: { go } }) };
    const agent = agentOf(new AgentApp({ title: "Shop", auth: none(), sessionStore: plainStore(), flows }));
    const session = await agent.start("once");
    expect((await agent.step("once", "go", session)).body).toMatchObject({ result: session, flow_complete: true });
    expect((await agent.inspect("once", session)).body).toMatchObject({ current_step: "go" });
    expect((await agent.inspect("once", "another")).status).toBe(404);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("no compare-and-set"));
  });
});
