import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cardOf, type RawAgent, rpcResult, startRawAgent } from "../../a2a/testing/raw-agent.ts";
import { testEngines } from "../../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../../testing/index.ts";

const GREETING = '{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[{"text":"raw"}]}}';
const PRICE = 0.01;

/** P24: what was once approved is what is called. */
describe.each(testEngines())("approval of changes on %s", (engine) => {
  let gate: TestGateway;
  let raw: RawAgent;
  let plain: TestAgent;
  let published: (url: string) => object;
  let org: { id: string; key: string };
  let payer: { id: string; key: string };
  beforeAll(async () => {
    const speaker = startRawAgent(
      ({ body }, response) => {
        response.setHeader("content-type", "application/json");
        const isRpc = body?.jsonrpc !== undefined;
        response.end(isRpc ? rpcResult(body.id, GREETING) : JSON.stringify({ id: "x", artifacts: [] }));
      },
      (url) => published(url),
    );
    [gate, raw, plain] = await Promise.all([startTestGateway(engine, { approval: "changes" }), speaker, startAgent()]);
    const unlimited = { rate_limit: 1e6, rate_burst: 1e6 };
    org = await gate.createOrg("Owner", { tier: "enterprise", ...unlimited });
    payer = await gate.createOrg("Payer", unlimited);
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 50 });
  });
  afterAll(async () => {
    await gate.close();
    await Promise.all([raw.close(), plain.close()]);
  });

  const approved = async (): Promise<string> => {
    published = (url) => cardOf(url);
    const priced = { name: "served", price_per_task: PRICE, org_id: org.id };
    const agent = { ...priced, card_url: `${raw.url}/.well-known/c` };
    return (await gate.register(agent)).id;
  };
  const put = (id: string, change: object, key = org.key) => gate.call("PUT", `/agents/${id}`, change, key);
  const shown = async (id: string, key?: string) => (await gate.call("GET", `/agents/${id}`, undefined, key)).body;
  const approve = async (id: string) =>
    gate.call("POST", `/agents/${id}/approve`, { expected: (await shown(id)).pending?.version });
  const waiting = async (): Promise<string[]> =>
    (await gate.call("GET", `/approvals?kind=change&org_id=${org.id}`)).body.entries.map((one: any) => one.agent_id);
  const balance = async () => (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body.available;

  /** All that others are told of an agent, and what comes of calling it. */
  const served = async (id: string) => {
    const { updated_at: _, ...record } = (await gate.call("GET", `/agents/${id}`, undefined, null)).body;
    const card = await gate.call("GET", `/agents/${id}/upstream-card.json`, undefined, null);
    const [before, calls] = [await balance(), raw.received.length + plain.received.length];
    const { status } = await gate.call("POST", `/agents/${id}/task`, textTask("hi"), payer.key);
    const last = raw.received.length + plain.received.length > calls ? [...raw.received, ...plain.received] : [];
    return {
      record,
      card: card.status === 200 ? card.body : null,
      called: { status, paths: last.length ? [raw.received.at(-1)?.path, plain.received.length] : [] },
      paid: Math.round((before - (await balance())) * 1e6),
    };
  };
  const same = ({ record, card, paid }: Awaited<ReturnType<typeof served>>) => ({ record, card, paid });

  const two = () => cardOf(`${raw.url}/two`, { name: "two", skills: [{ id: "two", name: "Two" }] });
  test.each<[field: string, change: () => object]>([
    ["name", () => ({ name: "another" })],
    ["description", () => ({ description: "Does more" })],
    ["version", () => ({ version: "2.0.0" })],
    ["skills", () => ({ skills: [{ id: "more" }] })],
    ["tags", () => ({ tags: ["more"] })],
    ["price_per_task", () => ({ price_per_task: 0.02 })],
    ["url", () => ({ url: plain.url })],
    ["protocol", () => ({ protocol: "plain" })],
    ["protocol_setting", () => ({ protocol: "a2a" })],
    ["card_address", () => ({ url: `${raw.url}/elsewhere`, card_url: `${raw.url}/.well-known/c` })],
    ["card_url", () => ({ card_url: `${raw.url}/.well-known/other` })],
    ["card/name", () => ({ card: two() })],
  ])("what changes %s is not called, told or paid before it is approved", async (field, change) => {
    const id = await approved();
    const before = await served(id);
    expect([before.called.status, before.paid]).toEqual([200, PRICE * 1e6]);
    const answer = await put(id, change());
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ ...before.record, approval: { state: "approved", change: "pending" } });
    expect(answer.body.pending.changes.map((one: any) => one.field)).toContain(field);
    expect(same(await served(id))).toEqual(same(before));

    const { version } = (await shown(id)).pending;
    await put(id, { tags: ["meanwhile"] });
    const late = await gate.call("POST", `/agents/${id}/approve`, { expected: version });
    expect([late.status, late.body.code]).toEqual([409, "approval_changed"]);
    expect(same(await served(id))).toEqual(same(before));

    const { changes } = (await shown(id)).pending;
    expect((await approve(id)).status).toBe(200);
    const after = await served(id);
    for (const { field, after: value } of changes) {
      if (field in after.record) expect([field, (after.record as any)[field]]).toEqual([field, value]);
      if (field === "card/name") expect(after.card.name).toBe(value);
    }
    expect(after.record.tags).toEqual(["meanwhile"]);
    expect(after.paid).toBe(Math.round(after.record.price_per_task * 1e6));
    const { pending, approval } = await shown(id);
    expect([pending, approval.change]).toEqual([undefined, null]);
  });

  test("a card that is another where it is published is not called before it is approved", async () => {
    const id = await approved();
    const before = await served(id);
    published = () => two();
    const refreshed = await gate.call("POST", `/agents/${id}/refresh`, undefined, org.key);
    expect(refreshed.body).toMatchObject({ changed: true, agent: { url: raw.url, pending: { kind: "change" } } });
    const fields = refreshed.body.agent.pending.changes.map((one: any) => one.field);
    expect(fields).toEqual(expect.arrayContaining(["url", "skills", "card/name", "card/skills/0/id"]));
    expect(same(await served(id))).toEqual(same(before));
    expect((await approve(id)).status).toBe(200);
    const after = await served(id);
    expect(after).toMatchObject({ record: { url: `${raw.url}/two`, skills: [{ id: "two" }] }, card: { name: "two" } });
    expect(after.called.paths[0]).toBe("/two");
  });

  test("whoever decides of an agent is told what still waits of it, and what was refused", async () => {
    published = (url) => cardOf(url);
    const prices = { raw: 0.001 };
    const { id } = await gate.register({
      ...{ name: "served", price_per_task: PRICE, org_id: org.id, url: plain.url, protocol: "plain" },
      ...{ skills: [{ id: "raw" }], prices },
    });
    const decide = (what: string, body: object = { reason: "why" }) => gate.call("POST", `/agents/${id}/${what}`, body);
    await put(id, { version: "2.0.0" });
    const told = {
      kind: "change",
      version: expect.stringMatching(/^[0-9a-f]{32,}$/),
      reason: null,
      since: expect.any(String),
      changes: [{ field: "version", before: "1.0.0", after: "2.0.0" }],
    };
    for (const what of ["suspend", "resume"]) {
      const { status, body } = await decide(what);
      expect([status, body.pending, body.rejected, body.prices]).toEqual([200, told, undefined, prices]);
    }
    const rejected = { ...told, reason: "Say what is new" };
    const refused = await decide("reject", { reason: rejected.reason });
    expect([refused.body.rejected, refused.body.pending, refused.body.prices]).toEqual([rejected, undefined, prices]);
    for (const what of ["suspend", "resume"]) {
      const { status, body } = await decide(what);
      expect([status, body.rejected, body.pending]).toEqual([200, rejected, undefined]);
    }
    await put(id, { version: "2.0.0", description: "Faster" });
    const approved = await approve(id);
    expect(approved.body).toMatchObject({ version: "2.0.0", prices, approval: { state: "approved", change: null } });
    expect([approved.body.pending, approved.body.rejected]).toEqual([undefined, undefined]);
  });

  test("a refreshed agent is told with what was refused of it", async () => {
    const id = await approved();
    await put(id, { version: "3.0.0" });
    await gate.call("POST", `/agents/${id}/reject`, { reason: "no" });
    const { body } = await gate.call("POST", `/agents/${id}/refresh`, undefined, org.key);
    expect(body.changed).toBe(false);
    expect(body.agent.rejected).toEqual({
      ...{ kind: "change", version: expect.any(String), reason: "no", since: expect.any(String) },
      changes: [{ field: "version", before: "1.0.0", after: "3.0.0" }],
    });
  });

  test("changes that wait are one: what is added is added to it, what is taken back is gone", async () => {
    const id = await approved();
    await put(id, { price_per_task: 0.5 });
    const more = await put(id, { description: "New", webhook_url: "http://127.0.0.1:19999/h" });
    expect(more.body).toMatchObject({ description: cardOf("").description, webhook_url: "http://127.0.0.1:19999/h" });
    expect(more.body.pending.changes.map((one: any) => one.field)).toEqual(["description", "price_per_task"]);
    const less = await put(id, { price_per_task: PRICE });
    expect(less.body.pending.changes).toEqual([{ field: "description", before: more.body.description, after: "New" }]);
    const none = await put(id, { description: more.body.description });
    expect([none.body.pending, none.body.approval?.change ?? null]).toEqual([undefined, null]);
    expect(await waiting()).not.toContain(id);
  });

  test("what the admin changes takes effect at once, and leaves what waits for the rest", async () => {
    const id = await approved();
    await put(id, { price_per_task: 0.5, description: "Owner's" });
    const { version } = (await shown(id)).pending;
    const mine = await put(id, { description: "Admin's", version: "9" }, gate.config.apiKey!);
    expect(mine.body).toMatchObject({ description: "Admin's", version: "9", price_per_task: PRICE });
    expect(mine.body.pending.changes).toEqual([{ field: "price_per_task", before: PRICE, after: 0.5 }]);
    expect((await gate.call("POST", `/agents/${id}/approve`, { expected: version })).status).toBe(409);
    expect((await approve(id)).body).toMatchObject({ description: "Admin's", version: "9", price_per_task: 0.5 });
  });

  test("a change that is refused is shown with the reason until the next one, which is made to what serves", async () => {
    const id = await approved();
    await put(id, { price_per_task: 0.5, description: "Better" });
    await gate.call("POST", `/agents/${id}/reject`, { reason: "Too dear" });
    const mine = await shown(id, org.key);
    expect(mine).toMatchObject({ price_per_task: PRICE, approval: { state: "approved", change: "rejected" } });
    expect(mine.rejected).toMatchObject({ reason: "Too dear", kind: "change" });
    expect((await gate.call("GET", `/agents/${id}`, undefined, null)).body.rejected).toBeUndefined();
    const kept = await put(id, { timeout_ms: 2_000 });
    expect(kept.body).toMatchObject({ timeout_ms: 2_000, rejected: { reason: "Too dear" } });
    const again = await put(id, { description: "Better" });
    expect(again.body.pending.changes).toMatchObject([{ field: "description" }]);
    expect(again.body.rejected).toBeUndefined();
  });

  test("a grant asks for the approved price or less, whoever sees the agent", async () => {
    const id = await approved();
    const grant = (price: number, key?: string) =>
      gate.call("PUT", `/agents/${id}/grants/${payer.id}`, { actions: ["call"], price }, key);
    expect((await grant(PRICE * 2, org.key)).body.code).toBe("price_needs_approval");
    expect((await grant(PRICE / 2, org.key)).status).toBe(200);
    expect((await served(id)).paid).toBe((PRICE / 2) * 1e6);
    expect((await put(id, { visibility: "granted" })).body).toMatchObject({ visibility: "granted" });
    expect((await gate.call("GET", `/agents/${id}`, undefined, null)).status).toBe(404);
    expect((await grant(PRICE * 2)).status).toBe(200);
    // It would be the price of that skill as well.
    const skills = [{ id: "one", name: "One", price: PRICE / 4 }];
    expect((await put(id, { skills }, gate.config.apiKey!)).body.prices).toEqual({ one: PRICE / 4 });
    expect((await grant(PRICE / 2, org.key)).body.code).toBe("price_needs_approval");
    expect((await grant(PRICE / 4, org.key)).status).toBe(200);
  });

  test("addresses are judged once more at approval", async () => {
    const id = await approved();
    await put(id, { url: "http://127.0.0.1:19998" });
    const strict = await gate.another({ allowPrivateNetworks: false });
    const { version } = (await shown(id)).pending;
    const refused = await strict.call("POST", `/agents/${id}/approve`, { expected: version });
    expect([refused.status, refused.body.code]).toEqual([400, "invalid_url"]);
    expect((await shown(id)).pending.version).toBe(version);
  });

  test("an agent that is deleted takes along what waits", async () => {
    const id = await approved();
    await put(id, { name: "gone" });
    const { version } = (await shown(id)).pending;
    await gate.call("DELETE", `/agents/${id}`, undefined, org.key);
    expect((await gate.call("POST", `/agents/${id}/approve`, { expected: version })).status).toBe(404);
    expect(await waiting()).not.toContain(id);
  });

  test("an approval, and the owner's next change, at once: what was shown is called, and the change waits, or neither is", async () => {
    const id = await approved();
    await put(id, { version: "2" });
    const expected = (await shown(id)).pending.version;
    const [decided, changed] = await Promise.all([
      gate.call("POST", `/agents/${id}/approve`, { expected }),
      put(id, { version: "3" }),
    ]);
    expect(changed.status).toBe(200);
    const now = await shown(id);
    expect(now.version).toBe(decided.status === 200 ? "2" : "1.0.0");
    expect(now.pending.changes).toEqual([{ field: "version", before: now.version, after: "3" }]);
  });

  test("with the setting off, what waits goes on waiting, and what is new does not", async () => {
    const id = await approved();
    await put(id, { price_per_task: 0.5, description: "waits" });
    const off = await gate.another({ approval: "off" });
    const now = await off.call("PUT", `/agents/${id}`, { price_per_task: 0.03 }, org.key);
    expect(now.body).toMatchObject({ price_per_task: 0.03, pending: { changes: [{ field: "description" }] } });
    expect(
      (await off.register({ name: "at once", url: plain.url, protocol: "plain" }, org.key)).approval,
    ).toBeUndefined();
    expect((await approve(id)).body).toMatchObject({ price_per_task: 0.03, description: "waits" });
  });

  test("under load, each call goes where it goes at the price of just that: nothing is called half old and half new", async () => {
    const id = await approved();
    const before = await balance();
    raw.received.length = 0;
    await put(id, { card: two(), price_per_task: 0.02 });
    const { version } = (await shown(id)).pending;
    let isOver = false;
    const statuses: number[] = [];
    const caller = async () => {
      while (!isOver) statuses.push((await gate.call("POST", `/agents/${id}/task`, textTask("hi"), payer.key)).status);
    };
    const callers = Promise.all(Array.from({ length: 8 }, caller));
    await expect.poll(() => statuses.length).toBeGreaterThan(16);
    expect((await gate.call("POST", `/agents/${id}/approve`, { expected: version })).status).toBe(200);
    const at = statuses.length;
    await expect.poll(() => statuses.length).toBeGreaterThan(at + 16);
    isOver = true;
    await callers;
    const paths = raw.received.map(({ path }) => path).filter((path) => !path.includes("well-known"));
    const [newer, older] = [
      paths.filter((path) => path === "/two").length,
      paths.filter((path) => path === "/").length,
    ];
    expect(Math.min(newer, older)).toBeGreaterThan(0);
    expect([...new Set(statuses)].filter((status) => status !== 200 && status !== 503)).toEqual([]);
    await expect.poll(balance).toBeCloseTo(before - older * PRICE - newer * 0.02, 6);
  });

  test("whatever is registered, changed, approved, refused and suspended: what is called was approved as a whole", async () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant("change" as const),
        field: fc.constantFrom("version", "description", "price"),
        to: fc.nat(3),
      }),
      fc.constant({ kind: "approve" as const }),
      fc.record({ kind: fc.constant("stale" as const) }),
      fc.constant({ kind: "reject" as const }),
      fc.constant({ kind: "suspend" as const }),
      fc.constant({ kind: "resume" as const }),
      fc.record({
        kind: fc.constant("admin" as const),
        field: fc.constantFrom("version", "description", "price"),
        to: fc.nat(3),
      }),
    );
    const fieldOf = (field: string, to: number) =>
      field === "price" ? { price_per_task: to / 1000 } : { [field]: `v${to}` };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const first = { version: "v0", description: "v0", price_per_task: 0 };
        const { id } = await gate.register({ name: "model", url: plain.url, protocol: "plain", ...first }, org.key);
        type State = { serving: object; isCalled: boolean; state: string; pending: Record<string, unknown> };
        const model: State = { serving: first, isCalled: false, state: "pending", pending: {} };
        let seen = (await shown(id)).pending?.version;
        for (const one of steps) {
          if (one.kind === "change") {
            const change = fieldOf(one.field, one.to);
            await put(id, change);
            if (model.state === "approved" || model.state === "suspended") {
              const next = { ...model.pending, ...change };
              const differs = ([name, value]: [string, unknown]) => (model.serving as any)[name] !== value;
              model.pending = Object.fromEntries(Object.entries(next).filter(differs));
            } else {
              const isOtherwise = Object.entries(change).some(
                ([name, value]) => (model.serving as any)[name] !== value,
              );
              model.serving = { ...model.serving, ...change };
              if (isOtherwise) model.state = "pending";
            }
          } else if (one.kind === "admin") {
            const change = fieldOf(one.field, one.to);
            await put(id, change, gate.config.apiKey!);
            const [[name, value]] = Object.entries(change) as [[string, unknown]];
            if ((model.serving as any)[name] !== value) delete model.pending[name];
            model.serving = { ...model.serving, ...change };
          } else if (one.kind === "approve" || one.kind === "stale") {
            const now = await shown(id);
            const offered = (now.pending ?? now.rejected)?.version;
            const expected = one.kind === "stale" ? seen : offered;
            const { status } = await gate.call("POST", `/agents/${id}/approve`, { expected: expected ?? "0" });
            expect(status === 200).toBe(offered !== undefined && expected === offered);
            if (status === 200) {
              const after = await shown(id);
              if (now.pending?.kind === "change" || now.rejected?.kind === "change") {
                for (const { field, after: value } of (now.pending ?? now.rejected).changes)
                  model.serving = { ...model.serving, [field]: value };
                model.pending = {};
              } else model.state = "approved";
              expect(after).toMatchObject(model.serving);
            }
            seen = offered;
          } else if (one.kind === "reject") {
            const { status } = await gate.call("POST", `/agents/${id}/reject`, { reason: "no" });
            if (status === 200 && model.state === "pending") model.state = "rejected";
            else if (status === 200) model.pending = {};
          } else {
            const { status } = await gate.call("POST", `/agents/${id}/${one.kind}`, { reason: "why" });
            if (status === 200) model.state = one.kind === "suspend" ? "suspended" : "approved";
          }
          const now = await shown(id);
          expect(now).toMatchObject({ ...model.serving, approval: { state: model.state } });
          const waits = now.pending?.kind === "change" ? now.pending.changes : [];
          expect(Object.fromEntries(waits.map(({ field, after }: any) => [field, after]))).toEqual(model.pending);
          const called = await gate.call("POST", `/agents/${id}/task`, textTask("hi"), payer.key);
          expect(called.status).toBe(model.state === "approved" ? 200 : 404);
        }
        await gate.call("DELETE", `/agents/${id}`);
      }),
      { numRuns: engine === "sqlite" ? 10 : 2 },
    );
  });
});
