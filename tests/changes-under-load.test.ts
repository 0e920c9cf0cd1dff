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
 * P15: no request sees half of a change, and a refused change leaves all as it was. The settings of a process never change;
 * what changes under load is its records.
 */
describe.each(testEngines())("records that change under load on %s (P15)", (engine) => {
  const prices = { cheap: 0.25, dear: 0.5 };
  const places = ["cheap", "dear"] as const;
  const agents: Partial<Record<keyof typeof prices, TestAgent>> = {};
  let gate: TestGateway;
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    for (const place of places) {
      agents[place] = await startAgent((_, response) => {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ place }));
      });
    }
  });
  afterAll(async () => {
    await gate.close();
    await Promise.all(places.map((place) => agents[place]?.close()));
  });

  test("every task goes where its price was told", async () => {
    const payer = await gate.createOrg("payer", { rate_limit: 1e6, rate_burst: 1e6 });
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 10_000 });
    const recordOf = (place: keyof typeof prices) => ({ url: agents[place]!.url, price_per_task: prices[place] });
    const { id } = await gate.register({ name: "moving", ...recordOf("cheap") });

    const seen = new Set<string>();
    let changes = 0;
    let calling = true;
    const change = async () => {
      while (calling) {
        const place = places[changes % 2]!;
        const { status } = await gate.call("PUT", `/agents/${id}`, recordOf(place));
        expect(status).toBe(200);
        const refused = await gate.call("PUT", `/agents/${id}`, { price_per_task: 9, url: "ftp://nowhere.example" });
        expect(refused.status).toBe(400);
        changes++;
      }
    };
    const call = async () => {
      for (let n = 0; n < 60; n++) {
        const { status, body } = await gate.call("POST", `/agents/${id}/task`, textTask("x"), payer.key);
        expect(status).toBe(200);
        seen.add(`${body.result.place} ${body.ucp.price_per_task}`);
      }
    };
    const changing = change();
    await Promise.all(Array.from({ length: 8 }, call)).finally(() => {
      calling = false;
    });
    await changing;
    expect(changes).toBeGreaterThan(2);
    expect([...seen].sort()).toEqual(places.map((place) => `${place} ${prices[place]}`));
    expect((await gate.call("GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true, open_holds: 0 });
  });
});
