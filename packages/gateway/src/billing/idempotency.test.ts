import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";
import { moneyCalls } from "./testing/money-calls.ts";

describe.each(testEngines())("Idempotency-Key on %s", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  beforeAll(async () => {
    gate = await startTestGateway(engine, { topup: "open" });
    agent = await startAgent();
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  const { post, pay, wallet, fundedOrg, pricedAgent } = moneyCalls(
    () => gate,
    () => agent,
  );

  test("a paid task runs and is charged once; the answer is repeated byte for byte", async () => {
    const payer = await fundedOrg("careful", 1);
    const worker = await startAgent();
    const id = await pricedAgent("once", 0.25, undefined, worker.url);
    const first = await post(`/agents/${id}/task`, textTask("x"), payer.key, { "idempotency-key": "k1" });
    const second = await post(`/agents/${id}/task`, textTask("x"), payer.key, { "idempotency-key": "k1" });
    expect([second.status, second.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
    expect(await second.text()).toBe(await first.text());
    expect((await pay(id, payer.key, { "idempotency-key": "k1" }, textTask("other"))).status).toBe(422);
    expect(worker.received).toHaveLength(1);
    expect((await wallet(payer)).balance).toBe(0.75);
    const node = await gate.another();
    const elsewhere = await fetch(`${node.url}/agents/${id}/task`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${payer.key}`, "idempotency-key": "k1" },
      body: JSON.stringify(textTask("x")),
    });
    expect(elsewhere.headers.get("idempotency-replayed")).toBe("true");
    await worker.close();
  });

  test("ten at once: one runs, the others wait or see its answer", async () => {
    const payer = await fundedOrg("eager", 1);
    const worker = await startAgent();
    const id = await pricedAgent("tenfold", 0.25, undefined, worker.url);
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => pay(id, payer.key, { "idempotency-key": "k10" })),
    );
    for (const { status } of replies) expect([200, 409]).toContain(status);
    expect(replies.some(({ status }) => status === 200)).toBe(true);
    expect(worker.received).toHaveLength(1);
    expect((await wallet(payer)).balance).toBe(0.75);
    await worker.close();
  });

  test("a failure keeps nothing: the same key tries again", async () => {
    const payer = await fundedOrg("persistent", 1);
    let broken = true;
    const flaky = await startAgent((_, response) => response.end(broken ? "oops" : "{}"));
    const id = await pricedAgent("flaky", 0.25, undefined, flaky.url);
    expect((await pay(id, payer.key, { "idempotency-key": "k" })).status).toBe(502);
    broken = false;
    expect((await pay(id, payer.key, { "idempotency-key": "k" })).body.ucp.balance).toBe(0.75);
    await flaky.close();
  });

  test("free tasks and streams know it as well; each caller has its own keys", async () => {
    const worker = await startAgent();
    const other = await fundedOrg("free-caller", 0);
    const { id } = await gate.register({ name: "free", url: worker.url });
    // A key that nobody has makes no caller of its own.
    for (const key of [null, null, "nobodys-key", other.key])
      await (await post(`/agents/${id}/task`, textTask("x"), key, { "idempotency-key": "f" })).text();
    expect(worker.received).toHaveLength(2);
    const streamed = await post(`/agents/${id}/task/stream`, textTask("x"), null, { "idempotency-key": "f" });
    expect(streamed.headers.get("idempotency-replayed")).toBe("true");
    expect(await streamed.text()).toContain("event: result\ndata: {");
    expect(worker.received).toHaveLength(2);
    expect((await post(`/agents/${id}/task`, textTask("x"), null, { "idempotency-key": "a b" })).status).toBe(422);
    await worker.close();
  });

  test("a free answer that is too large to keep is given, not kept", async () => {
    const large = await startAgent((_, response) => response.end(JSON.stringify("x".repeat(20_000))));
    const other = await fundedOrg("large-caller", 0);
    const { id } = await gate.register({ name: "large", url: large.url });
    for (const key of [null, "nobodys-key", other.key, other.key]) {
      const reply = await post(`/agents/${id}/task`, textTask("x"), key, { "idempotency-key": "large" });
      expect([reply.status, (await reply.text()).length]).toEqual([200, 20_002]);
    }
    expect(large.received).toHaveLength(3);
    await large.close();
  });

  test("a topup is credited once", async () => {
    const org = await fundedOrg("topper", 0);
    const topup = (amount: number) => post(`/orgs/${org.id}/topup`, { amount }, org.key, { "idempotency-key": "t" });
    const [first, second] = [await topup(5), await topup(5)];
    expect(await first.json()).toEqual({ org_id: org.id, org_name: "topper", amount_added: 5, new_balance: 5 });
    expect([second.headers.get("idempotency-replayed"), await second.json()]).toEqual([
      "true",
      expect.objectContaining({ new_balance: 5 }),
    ]);
    expect((await topup(6)).status).toBe(422);
    expect((await wallet(org)).balance).toBe(5);
  });

  test("a topup is repeated also when another one like it would not fit; one that does not fit keeps nothing", async () => {
    const org = await fundedOrg("full", 0);
    const topup = async (key: string) =>
      (await post(`/orgs/${org.id}/topup`, { amount: 3e9 }, org.key, { "idempotency-key": key })).status;
    expect([await topup("first"), await topup("first")]).toEqual([200, 200]);
    expect([await topup("second"), await topup("second")]).toEqual([400, 400]);
    expect((await wallet(org)).balance).toBe(3e9);
  });
});
