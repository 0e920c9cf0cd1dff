import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { AgentApp, flow, none, step } from "@agentgate/site";
import { toNodeHandler } from "@agentgate/site/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startTestGateway, type TestGateway } from "../packages/gateway/src/testing/index.ts";

/** Sites that are deployed anew with less than their owners approved. */

let gate: TestGateway;
let server: Server;
let asked: string[];
let site: ReturnType<typeof toNodeHandler>;
beforeAll(async () => {
  gate = await startTestGateway("sqlite");
  await gate.gateway.start();
  server = createServer((request, response) => {
    if (request.url?.startsWith("/agent/")) asked.push(request.url);
    site(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  await gate.close();
  server.closeAllConnections();
  server.close();
});

const baseUrl = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const Session = z.object({ sku: z.string() });

/** A shop whose flow is `add`, `gift` if one likes, `pay`. */
const whole = () =>
  shop("0.01")
    .intent("list", { description: "List all there is", handler: () => ["tea", "milk"] })
    .flow(
      flow("checkout", {
        description: "Buy",
        orchestration: "server",
        steps: {
          add: step({ entry: true, description: "Add", input: Session, handler: ({ sku }) => ({ added: sku }) }),
          gift: step({ after: "add", description: "Wrap it", handler: () => ({ wrapped: true }) }),
          pay: step({ after: ["add", "gift"], final: true, description: "Pay", handler: () => ({ paid: 3 }) }),
        },
      }),
    );
/** The same without `list` and `gift`, and with a dearer `search`. */
const lessened = (price = "0.03") =>
  shop(price).flow(
    flow("checkout", {
      description: "Buy",
      orchestration: "server",
      steps: {
        add: step({ entry: true, description: "Add", input: Session, handler: ({ sku }) => ({ added: sku }) }),
        pay: step({ after: "add", final: true, description: "Pay", handler: () => ({ paid: 3 }) }),
      },
    }),
  );
const shop = (price: string) =>
  new AgentApp({ title: "Shop", auth: none(), baseUrl: baseUrl() })
    .intent("about", { description: "Tell about the shop", handler: () => "A shop" })
    .intent("search", {
      description: "Search",
      input: z.object({ query: z.string() }),
      handler: () => ["tea"],
      price: { amount: price, currency: "USD" },
    });
const deploy = (app: Parameters<typeof toNodeHandler>[0]) => {
  site = toNodeHandler(app);
  asked = [];
};

test("what it has dropped, and what costs otherwise, is shown and waits; the rest is called; what was shown is approved by its digest", async () => {
  const fast = { rate_limit: 1e6, rate_burst: 1e6 };
  const [owner, buyer] = [await gate.createOrg("owner", fast), await gate.createOrg("buyer", fast)];
  await gate.call("POST", `/orgs/${buyer.id}/topup`, { amount: 1 });
  deploy(whole());
  const { id } = await gate.register({ protocol: "site", url: baseUrl() }, owner.key);
  const send = async (tool: string, args: object = {}) => {
    const task = { message: { parts: [{ type: "data", data: { tool, arguments: args } }] } };
    const { status, body } = await gate.call("POST", `/agents/${id}/task`, task, buyer.key);
    const answer = body.result ?? body;
    return { status, code: body.code, data: answer.artifacts?.[0].parts[0].data, paid: body.ucp?.price_per_task };
  };
  const refresh = (query: string) => gate.call("POST", `/agents/${id}/refresh${query}`, undefined, owner.key);
  const skills = async (key: string) => {
    const { body } = await gate.call("GET", `/agents/${id}/skills`, undefined, key);
    return Object.fromEntries(body.skills.map(({ id: skill, state }: any) => [skill, state]));
  };
  const live = { about: "live", search: "live", checkout__start: "live", checkout__add: "live", checkout__pay: "live" };
  expect(await skills(owner.key)).toEqual({ ...live, list: "live", checkout__gift: "live" });
  expect((await send("search", { query: "tea" })).paid).toBe(0.01);

  deploy(lessened());
  const { body: shown } = await refresh("?dry_run=true");
  expect(shown.changed).toBe(true);
  const price = (amount: string) => ({ amount, currency: "USD" });
  for (const difference of [
    { path: "/intents/list", breaking: true, message: 'Intent "list" is gone.' },
    { path: "/flows/checkout/steps/gift", breaking: true, message: 'Step "gift" is gone.' },
    { path: "/intents/search/price", before: price("0.01"), after: price("0.03"), breaking: true },
  ])
    expect(shown.differences).toContainEqual(expect.objectContaining(difference));

  // The gateway looks at it by itself.
  gate.clock.skip(20 * 60_000);
  const waiting = { list: "gone", checkout__gift: "gone", search: "changed", checkout__add: "changed" };
  await expect
    .poll(() => {
      gate.clock.skip(60_000);
      return skills(owner.key);
    })
    .toEqual({ ...live, ...waiting });
  expect(await skills(buyer.key)).toEqual({ about: "live", checkout__start: "live", checkout__pay: "live" });
  asked = [];
  for (const [tool, args] of [
    ["list", {}],
    ["checkout__gift", { session_id: "x" }],
    ["search", { query: "tea" }],
    ["checkout__add", { session_id: "x", sku: "tea" }],
  ] as const)
    expect([tool, await send(tool, args)]).toEqual([
      tool,
      expect.objectContaining({ status: 409, code: "agent_tool_changed" }),
    ]);
  expect(asked).toEqual([]);
  expect(await send("about")).toMatchObject({ status: 200, data: "A shop" });
  expect((await send("checkout__start")).data).toMatchObject({ allowed_next_steps: ["add"] });
  expect((await gate.call("GET", `/orgs/${buyer.id}/wallet`)).body).toMatchObject({ balance: 0.99, held: 0 });

  // What was shown is approved, and not what is told by then.
  deploy(lessened("9"));
  const { status, body } = await refresh(`?digest=${shown.digest}`);
  expect([status, body.code]).toEqual([409, "tools_changed"]);
  expect(await skills(owner.key)).toEqual({ ...live, ...waiting });
  deploy(lessened());
  expect((await refresh(`?digest=${shown.digest}`)).body).toMatchObject({ changed: true });
  await expect.poll(() => skills(owner.key)).toEqual(live);
  expect(await skills(buyer.key)).toEqual(live);
  expect(await send("search", { query: "tea" })).toMatchObject({ status: 200, paid: 0.03 });
  for (const tool of ["list", "checkout__gift"]) expect((await send(tool)).status).toBe(422);
  const { session_id } = (await send("checkout__start")).data;
  expect((await send("checkout__add", { session_id, sku: "tea" })).data).toMatchObject({ allowed_next_steps: ["pay"] });
  expect((await send("checkout__pay", { session_id })).data).toMatchObject({
    result: { paid: 3 },
    flow_complete: true,
  });
});
