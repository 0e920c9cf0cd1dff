import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AgentApp, type AgentAppOptions, apiKey, flow, MemorySessionStore, none, SiteError, step } from "../index.ts";
import { agentOf } from "../testing/agent-calls.ts";

const minuteMs = 60_000;
const app = (options: Partial<AgentAppOptions> = {}) =>
  new AgentApp({ title: "Shop", auth: none(), onError: () => {}, ...(options as object) });
const one = (handler: Parameters<typeof step>[0]["handler"], more: object = {}) =>
  step({ entry: true, description: "Does the one thing there is to do", handler, ...more });

describe("sessions", () => {
  it("of one flow are unknown to the steps of another", async () => {
    const named = (name: string) => flow(name, { description: "One of two flows", steps: { go: one(() => name) } });
    const agent = agentOf(app().flow(named("first")).flow(named("second")));
    const session = await agent.start("first");
    expect((await agent.step("second", "go", session)).body).toMatchObject({ error: "session_not_found" });
    expect((await agent.inspect("second", session)).status).toBe(404);
    expect((await agent.step("first", "go", session)).status).toBe(200);
  });

  it("belong to who started them", async () => {
    const auth = apiKey({ verify: (key) => key });
    const site = app({ auth }).flow(flow("f", { description: "A flow with an owner", steps: { go: one(() => 1) } }));
    const [alice, bob] = [agentOf(site, { "X-API-Key": "alice" }), agentOf(site, { "X-API-Key": "bob" })];
    const session = await alice.start("f");
    expect((await bob.inspect("f", session)).body.error).toBe("session_not_found");
    expect((await bob.step("f", "go", session)).body.error).toBe("session_not_found");
    expect((await alice.inspect("f", session)).status).toBe(200);
  });

  it("belong to the agent id where there is no auth", async () => {
    const site = app().flow(flow("f", { description: "A flow without auth", steps: { go: one(() => 1) } }));
    const session = await agentOf(site, { "X-Agent-ID": "a" }).start("f");
    expect((await agentOf(site, { "X-Agent-ID": "b" }).inspect("f", session)).status).toBe(404);
    expect((await agentOf(site, { "X-Agent-ID": "a" }).inspect("f", session)).status).toBe(200);
  });

  it("live while they are used, but not for ever", async () => {
    let now = 0;
    const loop = flow("loop", {
      description: "A step that can be repeated",
      session: { idleMs: 10 * minuteMs, maxMs: 25 * minuteMs },
      steps: {
        go: one(() => 1, { after: ["go"] }),
        end: step({ after: "go", description: "Ends the flow", handler: () => 1 }),
      },
    });
    const forgetsNothing = new MemorySessionStore({ now: () => 0 });
    const agent = agentOf(app({ now: () => now, sessionStore: forgetsNothing }).flow(loop));
    const session = await agent.start("loop");
    const statuses = [];
    for (const minutes of [9, 18, 24, 26]) {
      now = minutes * minuteMs;
      statuses.push((await agent.step("loop", "go", session)).status);
    }
    expect(statuses).toEqual([200, 200, 200, 404]);
    const idle = await agent.start("loop");
    now += 11 * minuteMs;
    expect((await agent.step("loop", "go", idle)).body.error).toBe("session_not_found");
  });

  it("branch and loop", async () => {
    const payment = flow("payment", {
      description: "Pay, retry or give up",
      steps: {
        pay: one(({ ok }) => ({ ok }), { input: z.object({ ok: z.boolean() }), after: ["fix"] }),
        fix: step({ after: "pay", description: "Correct the card", handler: () => 1 }),
        receipt: step({ after: ["pay", "fix"], final: true, description: "Get the receipt", handler: () => 1 }),
      },
    });
    const agent = agentOf(app().flow(payment));
    const { body: manifest } = await agent.manifest();
    expect(manifest.flows[0].steps.map((s: { name: string; next_steps: string[] }) => [s.name, s.next_steps])).toEqual([
      ["pay", ["fix", "receipt"]],
      ["fix", ["pay", "receipt"]],
      ["receipt", []],
    ]);
    const session = await agent.start("payment");
    for (const [name, next, complete] of [
      ["pay", ["fix", "receipt"], false],
      ["fix", ["pay", "receipt"], false],
      ["pay", ["fix", "receipt"], false],
      ["receipt", [], true],
    ] as const) {
      const { body } = await agent.step("payment", name, session, { ok: true });
      expect(body).toMatchObject({ current_step: name, allowed_next_steps: next, flow_complete: complete });
    }
    expect((await agent.step("payment", "pay", session, { ok: true })).body).toMatchObject({
      error: "step_not_allowed",
      message: "Step 'pay' cannot follow 'receipt'. Allowed next: []",
    });
  });

  it("keep data when a step succeeds and drop it when it throws", async () => {
    const cart = flow("cart", {
      description: "Collects items",
      steps: {
        add: one(
          ({ item }, { session }) => {
            session.data.items = [...((session.data.items as string[]) ?? []), item];
            if (item === "bad") throw new SiteError("no_such_item", "There is no such item.", { status: 404 });
            return session.history.length;
          },
          { after: "add", input: z.object({ item: z.string() }) },
        ),
        end: step({
          after: "add",
          description: "Closes the cart",
          handler: (_input, { session }) => session.data.items,
        }),
      },
    });
    const agent = agentOf(app().flow(cart));
    const session = await agent.start("cart");
    expect((await agent.step("cart", "add", session, { item: "a" })).body.result).toBe(0);
    expect(await agent.step("cart", "add", session, { item: "bad" })).toMatchObject({
      status: 404,
      body: { error: "no_such_item", current_step: "add", allowed_next_steps: ["add", "end"] },
    });
    expect((await agent.step("cart", "add", session, { item: "b" })).body.result).toBe(1);
    expect((await agent.inspect("cart", session)).body).toMatchObject({
      data: { items: ["a", "b"] },
      current_step: "add",
    });
    expect((await agent.step("cart", "end", session)).body.result).toEqual(["a", "b"]);
  });

  it("remember a bounded, redacted history", async () => {
    const secretive = flow("f", {
      description: "Takes card numbers",
      session: { history: 2, redact: ({ input: _, ...record }) => ({ ...record, input: "redacted" }) },
      steps: {
        go: one(() => "x", { after: "go", input: z.object({ n: z.int() }) }),
        end: step({ after: "go", description: "Ends", handler: () => 1 }),
      },
    });
    const agent = agentOf(app().flow(secretive));
    const session = await agent.start("f");
    for (let n = 0; n < 5; n++) await agent.step("f", "go", session, { n });
    const record = { step_name: "go", input: "redacted", output: "x" };
    expect((await agent.inspect("f", session)).body.history).toEqual([record, record]);

    const big = flow("big", {
      description: "Takes large inputs",
      steps: {
        go: one(() => 1, { after: "go", input: z.object({ text: z.string() }) }),
        end: step({ after: "go", description: "Ends", handler: () => 1 }),
      },
    });
    const large = agentOf(app().flow(big));
    const other = await large.start("big");
    for (let n = 0; n < 4; n++) await large.step("big", "go", other, { text: "x".repeat(100_000) });
    expect((await large.inspect("big", other)).body.history).toHaveLength(2);
  });

  it("show the step that runs, and refuse every other call meanwhile", async () => {
    let finish = () => {};
    const entered = Promise.withResolvers<void>();
    const slow = one(() => {
      entered.resolve();
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    const agent = agentOf(app().flow(flow("f", { description: "A slow flow", steps: { go: slow } })));
    const session = await agent.start("f");
    const running = agent.step("f", "go", session);
    await entered.promise;
    expect((await agent.inspect("f", session)).body.running_step).toBe("go");
    const second = await agent.step("f", "go", session);
    expect([second.status, second.body.error, second.headers.get("retry-after")]).toEqual([
      409,
      "step_in_progress",
      "1",
    ]);
    finish();
    expect((await running).body.flow_complete).toBe(true);
  });
});

describe("handlers", () => {
  it("run once even when they throw a TypeError, and the step can be tried again", async () => {
    let runs = 0;
    const errors: unknown[] = [];
    const broken = one(() => {
      if (++runs === 1) (undefined as never as { secret: () => void }).secret();
      return "fine";
    });
    const site = app({ onError: (error) => errors.push(error) }).flow(
      flow("f", { description: "Breaks once", steps: { go: broken } }),
    );
    const agent = agentOf(site);
    const session = await agent.start("f");
    const failed = await agent.step("f", "go", session);
    expect([runs, failed.status, failed.body.error]).toEqual([1, 500, "internal_error"]);
    expect(JSON.stringify(failed.body)).not.toContain("secret");
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(TypeError);
    expect((await agent.step("f", "go", session)).body.result).toBe("fine");
  });

  it("must return what the output schema allows", async () => {
    const site = app().intent("price", {
      description: "Returns a price",
      output: z.object({ price: z.number() }),
      handler: () => ({ price: "12" }) as never,
    });
    expect(await agentOf(site).intent("price")).toMatchObject({ status: 500, body: { error: "internal_error" } });
  });

  it("get 504 when they are late, and still commit what they did", async () => {
    const gate = Promise.withResolvers<void>();
    let reason: unknown;
    const late = one(
      async (_input, { signal }) => {
        signal.addEventListener("abort", () => {
          reason = signal.reason;
        });
        await gate.promise;
        return "done after all";
      },
      { timeoutMs: 20 },
    );
    const agent = agentOf(app().flow(flow("f", { description: "A late flow", steps: { go: late } })));
    const session = await agent.start("f");
    expect(await agent.step("f", "go", session)).toMatchObject({ status: 504, body: { error: "timeout" } });
    expect(reason).toMatchObject({ code: "timeout" });
    expect((await agent.step("f", "go", session)).body.error).toBe("step_in_progress");
    gate.resolve();
    await expect.poll(async () => (await agent.inspect("f", session)).body.flow_complete).toBe(true);
  });
});

describe("interrupted steps", () => {
  /** A process that dies in the middle of a step: its claim stays in the store. */
  async function interrupted(more: object, session?: object) {
    let now = 0;
    let runs = 0;
    const run = () => {
      runs++;
      return "ran";
    };
    const store = new MemorySessionStore({ now: () => now });
    const definition = () =>
      flow("f", {
        description: "May be interrupted",
        session: session as never,
        steps: { go: one(run, { timeoutMs: 1000, ...more }) },
      });
    const dying = app({ now: () => now, sessionStore: store }).flow(
      flow("f", { description: "Dies", steps: { go: one(() => new Promise(() => {}), { timeoutMs: 50 }) } }),
    );
    const id = await agentOf(dying).start("f");
    await agentOf(dying).step("f", "go", id);
    const agent = agentOf(app({ now: () => now, sessionStore: store }).flow(definition()));
    const during = await agent.step("f", "go", id);
    now = 60_000;
    const after = await agent.step("f", "go", id);
    return { during, after, runs: () => runs, inspect: () => agent.inspect("f", id) };
  }

  it("stay refused until somebody knows their outcome", async () => {
    const { during, after, runs } = await interrupted({});
    expect([during.body.error, after.body.error, runs()]).toEqual(["step_in_progress", "step_outcome_unknown", 0]);
  });

  it("run again when they are idempotent", async () => {
    const { during, after, runs } = await interrupted({ idempotent: true });
    expect([during.body.error, after.body.result, runs()]).toEqual(["step_in_progress", "ran", 1]);
  });

  it("run again when the site says so", async () => {
    const { after, runs } = await interrupted({}, { resolveOutcome: () => "retry" });
    expect([after.body.result, runs()]).toEqual(["ran", 1]);
  });

  it("are complete when the site knows their output", async () => {
    const { after, runs, inspect } = await interrupted(
      {},
      { resolveOutcome: async () => ({ output: "found in the ledger" }) },
    );
    expect([after.body.error, runs()]).toEqual(["step_not_allowed", 0]);
    expect((await inspect()).body).toMatchObject({ flow_complete: true, history: [{ output: "found in the ledger" }] });
  });
});
