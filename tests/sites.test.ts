import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { AgentClient } from "@agentgate/client";
import { AgentApp, flow, none, SiteError, step } from "@agentgate/site";
import { toNodeHandler } from "@agentgate/site/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { demoKey, foodpandaSite } from "../examples/foodpanda/site.ts";
import { mcpCalls } from "../packages/gateway/src/mcp/testing/mcp-calls.ts";
import { startTestGateway, type TestGateway } from "../packages/gateway/src/testing/index.ts";

let gate: TestGateway;
beforeAll(async () => {
  gate = await startTestGateway("sqlite", { publicUrl: "http://gate.test" });
  await gate.gateway.start();
});
afterAll(() => gate.close());

/** Of organizations that ask again and again. */
const FAST = { rate_limit: 1e6, rate_burst: 1e6 };

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** What came to a site: its paths, headers and bodies. */
interface Seen {
  path: string;
  headers: IncomingHttpHeaders;
}

/** Serves a site that is made for its own address; `change` alters its manifest as it is told from then on. */
async function serve(make: (url: string) => AgentApp<any, any>) {
  const seen: Seen[] = [];
  let edit = (manifest: any): unknown => manifest;
  const server = createServer((request, response) => {
    seen.push({ path: request.url ?? "", headers: request.headers });
    if (request.url?.startsWith("/.well-known/agent-manifest.json")) {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(edit(structuredClone(app.manifest))));
    } else handler(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const app = make(url);
  const handler = toNodeHandler(app);
  return {
    url,
    seen,
    change(to: (manifest: any) => unknown) {
      edit = to;
    },
  };
}

const call = (tool: string, args: object = {}, more: object = {}) => ({
  message: { role: "user", parts: [{ type: "data", data: { tool, arguments: args, ...more } }] },
});
const resultOf = (answer: any): any => {
  const [{ parts }] = (answer.result ?? answer).artifacts;
  return parts[0].data;
};

/** Registers FoodPanda, with the credential that its customers need. */
async function foodpanda(fields: object = {}, key?: string) {
  const site = await serve((url) => foodpandaSite(undefined, url));
  const agent = await gate.register({ protocol: "site", url: site.url, ...fields }, key);
  const credential = { type: "header", name: "X-API-Key", value: demoKey };
  expect((await gate.call("PUT", `/agents/${agent.id}/credentials`, credential, key)).status).toBeLessThan(300);
  return { site, agent };
}

describe("a website, registered by its manifest", () => {
  test("has its name, and a skill with schemas for each of its calls", async () => {
    const { agent, site } = await foodpanda({ tags: ["food"] });
    expect(agent).toMatchObject({
      name: "FoodPanda",
      protocol: "site",
      url: site.url,
      version: "1.0",
      description: "Order food from restaurants in Berlin-Mitte and have it delivered",
    });
    expect(agent.skills.map(({ id }: any) => id)).toEqual([
      "search_dishes",
      "order_food__start",
      "order_food__add_dish",
      "order_food__set_delivery",
      "order_food__place_order",
      "track_order__initiate",
      "track_order__get_status",
    ]);
    const card = (await gate.call("GET", `/agents/${agent.id}/card`, undefined, null)).body;
    expect(card.skills.map(({ id }: any) => id)).toContain("order_food__place_order");
  });

  test("is ordered from over REST, and the site sees none of its caller's keys", async () => {
    const { site, agent } = await foodpanda();
    const org = await gate.createOrg(`rest ${agent.id}`);
    const send = async (tool: string, args: object) => {
      const { status, body } = await gate.call("POST", `/agents/${agent.id}/task`, call(tool, args), org.key);
      expect(status, JSON.stringify(body)).toBe(200);
      return resultOf(body);
    };
    const dishes = await send("search_dishes", { query: "ramen" });
    expect(dishes.map(({ id }: any) => id)).toEqual(["ramen-shoyu", "ramen-miso"]);
    const { session_id, allowed_next_steps } = await send("order_food__start", {});
    expect(allowed_next_steps).toEqual(["add_dish"]);
    await send("order_food__add_dish", { session_id, dish_id: "ramen-shoyu", portions: 2 });
    const quote = await send("order_food__set_delivery", { session_id, street: "Torstraße 1", postal_code: "10119" });
    const placed = await send("order_food__place_order", { session_id, accepted_total: quote.result.total });
    expect(placed).toMatchObject({ result: { total: 32.7 }, flow_complete: true });
    const { tracking_id } = await send("track_order__initiate", { order_id: placed.result.order_id });
    expect(await send("track_order__get_status", { tracking_id })).toMatchObject({ status: "cooking" });
    expect(JSON.stringify(site.seen)).not.toContain(org.key);
    const steps = site.seen.filter(({ path }) => path.startsWith("/agent/"));
    for (const { headers } of steps) {
      expect(headers).toMatchObject({
        "x-agent-request": "true",
        "x-agent-version": "1.0",
        "idempotency-key": expect.stringMatching(/^[0-9a-f]{32}$/),
      });
      expect(headers.authorization).toBeUndefined();
    }
    // Searching asks for no key, and is shown none; the session's own name stays here.
    expect(steps[0]!.headers["x-api-key"]).toBeUndefined();
    expect(steps[1]!.headers["x-api-key"]).toBe(demoKey);
    expect(session_id).not.toContain(steps[2]!.headers["x-session-id"]);
    expect(steps[2]!.headers["x-agent-id"]).toMatch(/^agentgate\/[0-9a-f]{32}$/);
  });

  test("is ordered from over A2A, by JSON-RPC", async () => {
    const { agent } = await foodpanda();
    const org = await gate.createOrg(`a2a ${agent.id}`);
    let id = 0;
    const send = async (tool: string, args: object) => {
      const message = { messageId: `m${++id}`, role: "ROLE_USER", parts: [{ data: { tool, arguments: args } }] };
      const response = await fetch(`${gate.url}/agents/${agent.id}`, {
        method: "POST",
        headers: { "content-type": "application/json", "a2a-version": "1.0", authorization: `Bearer ${org.key}` },
        body: JSON.stringify({ jsonrpc: "2.0", id, method: "SendMessage", params: { message } }),
      });
      const { result, error } = (await response.json()) as any;
      expect(error).toBeUndefined();
      return result.message.parts[0].data;
    };
    const { session_id } = await send("order_food__start", {});
    await send("order_food__add_dish", { session_id, dish_id: "pho-bo", portions: 2 });
    const { result } = await send("order_food__set_delivery", {
      session_id,
      street: "Torstraße 1",
      postal_code: "10119",
    });
    const placed = await send("order_food__place_order", { session_id, accepted_total: result.total });
    expect(placed).toMatchObject({ result: { total: 28.7 }, flow_complete: true });
  });

  test("is ordered from by a chain", async () => {
    const { agent } = await foodpanda();
    const step = (tool: string, args: string) => ({
      agent_id: agent.id,
      input_template: `{"tool":"${tool}","arguments":${args}}`,
    });
    const { status, body: chain } = await gate.call("POST", "/chains/", {
      name: "dinner",
      steps: [
        step("order_food__start", "{}"),
        step("order_food__add_dish", '{"session_id":{previous.session_id:json},"dish_id":{input:json},"portions":2}'),
        step(
          "order_food__set_delivery",
          '{"session_id":{previous.session_id:json},"street":"Torstraße 1","postal_code":"10119"}',
        ),
        step(
          "order_food__place_order",
          '{"session_id":{previous.session_id:json},"accepted_total":{previous.result.total:json}}',
        ),
      ],
    });
    expect(status).toBe(201);
    const { body } = await gate.call("POST", `/chains/${chain.id}/run`, { input: "ramen-shoyu" });
    expect(body, JSON.stringify(body)).toMatchObject({ status: "success" });
    expect(JSON.parse(body.final_output)).toMatchObject({ result: { total: 32.7 }, flow_complete: true });
  });
});

describe("a call", () => {
  test.each<[string, object, number, RegExp]>([
    ["that names no tool", { message: { parts: [{ type: "text", text: "Hello" }] } }, 422, /which tool to call/],
    ["of a tool that is not there", call("nothing"), 422, /nothing/],
    ["with arguments that are wrong", call("search_dishes", { max_results: 99 }), 422, /max_results/],
    [
      "with several parts",
      { message: { parts: [...call("search_dishes").message.parts, ...call("search_dishes").message.parts] } },
      422,
      /one part/,
    ],
    [
      "with arguments that are no object",
      { message: { parts: [{ type: "data", data: { tool: "search_dishes", arguments: [] } }] } },
      422,
      /object/,
    ],
  ])("%s is refused before anything is sent or paid", async (_, task, expected, words) => {
    const { site, agent } = await foodpanda({ price_per_task: 0.05 });
    const org = await gate.createOrg(`refused ${agent.id}`);
    const before = site.seen.length;
    const { status, body } = await gate.call("POST", `/agents/${agent.id}/task`, task, org.key);
    expect([status, JSON.stringify(body)]).toEqual([expected, expect.stringMatching(words)]);
    expect(site.seen.length).toBe(before);
  });

  test("whose step is not allowed tells which is, and costs nothing", async () => {
    const { agent } = await foodpanda({ price_per_task: 0.05 });
    const org = await gate.createOrg(`steps ${agent.id}`);
    await gate.call("POST", `/orgs/${org.id}/topup`, { amount: 1 });
    const started = await gate.call("POST", `/agents/${agent.id}/task`, call("order_food__start"), org.key);
    const { session_id } = resultOf(started.body);
    const { status, body } = await gate.call(
      "POST",
      `/agents/${agent.id}/task`,
      call("order_food__place_order", { session_id, accepted_total: 1 }),
      org.key,
    );
    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: "agent_step_not_allowed",
      site_error: "step_not_allowed",
      allowed_next_steps: ["add_dish"],
    });
    expect(body.detail).toContain("add_dish");
    const { body: wallet } = await gate.call("GET", `/orgs/${org.id}/wallet`, undefined, org.key);
    expect([wallet.balance, wallet.held]).toEqual([0.95, 0]);
  });

  test("in another's session finds none, whoever shows the handle", async () => {
    const { site, agent } = await foodpanda();
    const [one, other] = [await gate.createOrg(`one ${agent.id}`), await gate.createOrg(`other ${agent.id}`)];
    const started = await gate.call("POST", `/agents/${agent.id}/task`, call("order_food__start"), one.key);
    const { session_id } = resultOf(started.body);
    const add = call("order_food__add_dish", { session_id, dish_id: "gyoza" });
    const before = site.seen.length;
    for (const key of [other.key, null]) {
      const { status, body } = await gate.call("POST", `/agents/${agent.id}/task`, add, key);
      expect([status, body.code]).toEqual([404, "agent_session_not_found"]);
    }
    const forged = call("order_food__add_dish", {
      session_id: "550e8400-e29b-41d4-a716-446655440000",
      dish_id: "gyoza",
    });
    expect((await gate.call("POST", `/agents/${agent.id}/task`, forged, one.key)).status).toBe(404);
    expect(site.seen.length).toBe(before);
    const twin = await foodpanda();
    expect((await gate.call("POST", `/agents/${twin.agent.id}/task`, add, one.key)).status).toBe(404);
    expect((await gate.call("POST", `/agents/${agent.id}/task`, add, one.key)).status).toBe(200);
  });

  test("is answered over server-sent events by its pieces, and by what is told of it", async () => {
    const site = await serve((url) =>
      new AgentApp({ title: "Printer", auth: none(), baseUrl: url }).intent("print", {
        description: "Print slowly",
        stream: true,
        input: z.object({ text: z.string() }),
        handler: async ({ text }, { progress, chunk }) => {
          await progress({ page: 1 });
          for (const word of text.split(" ")) await chunk(word);
          return { pages: 1 };
        },
      }),
    );
    const agent = await gate.register({ protocol: "site", url: site.url });
    const response = await fetch(`${gate.url}/agents/${agent.id}/task/stream`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(call("print", { text: "to be or" })),
    });
    const events = [...(await response.text()).matchAll(/event: (\w+)\ndata: (.*)\n/g)].map(([, event, data]) => [
      event,
      data,
    ]);
    expect(events.slice(0, -1)).toEqual([
      ["status", "Routing task to Printer"],
      ["status", '{"page":1}'],
      ["chunk", "to"],
      ["chunk", "be"],
      ["chunk", "or"],
    ]);
    expect(events.at(-1)![0]).toBe("result");
    expect(resultOf(JSON.parse(events.at(-1)![1]!))).toEqual({ pages: 1 });
  });
});

describe("a call that a person has to agree to", () => {
  const careful = () =>
    serve((url) =>
      new AgentApp({ title: "Careful", auth: none(), baseUrl: url }).flow(
        flow("buy", {
          description: "Buy",
          orchestration: "server",
          steps: {
            pay: step({
              entry: true,
              description: "Pay",
              risk: "high",
              input: z.object({ amount: z.number() }),
              handler: ({ amount }, { confirmed }) => {
                if (!confirmed) throw new SiteError("confirmation_required", `Pay €${amount}?`);
                return { paid: amount };
              },
            }),
          },
        }),
      ),
    );

  async function asked(price = 0) {
    const site = await careful();
    const agent = await gate.register({ protocol: "site", url: site.url, price_per_task: price });
    const org = await gate.createOrg(`asked ${agent.id}`);
    await gate.call("POST", `/orgs/${org.id}/topup`, { amount: 1 });
    const send = async (body: object) => (await gate.call("POST", `/agents/${agent.id}/task`, body, org.key)) as any;
    const { session_id } = resultOf((await send(call("buy__start"))).body);
    const pay = call("buy__pay", { session_id, amount: 5 });
    const question = (await send(pay)).body;
    return { agent, org, send, session_id, question: question.result ?? question };
  }

  test("waits for input, costs nothing meanwhile, and goes on with yes", async () => {
    const { org, send, question } = await asked(0.1);
    expect(question.status).toMatchObject({ state: "input-required" });
    expect(question.status.message.parts[0]).toEqual({ type: "text", text: "Pay €5?" });
    const balance = async () => (await gate.call("GET", `/orgs/${org.id}/wallet`, undefined, org.key)).body;
    expect(await balance()).toMatchObject({ balance: 0.9, held: 0 });
    const { status, body } = await send({
      message: { taskId: question.taskId, parts: [{ type: "text", text: "Yes." }] },
    });
    expect([status, resultOf(body).result]).toEqual([200, { paid: 5 }]);
    expect(await balance()).toMatchObject({ balance: 0.8, held: 0 });
  });

  test("can be sent again with the word beside it", async () => {
    const { send, session_id } = await asked();
    const { body } = await send(call("buy__pay", { session_id, amount: 5 }, { confirm: true }));
    expect(resultOf(body)).toMatchObject({ result: { paid: 5 }, flow_complete: true });
  });

  test("is not done when the answer is no, neither, or somebody else's", async () => {
    const { agent, send, question } = await asked();
    const reply = (data: unknown) => ({ message: { taskId: question.taskId, parts: [{ type: "data", data }] } });
    expect((await send(reply({ confirm: false }))).body.status.state).toBe("canceled");
    expect((await send(reply({ colour: "red" }))).status).toBe(422);
    const stranger = await gate.createOrg(`stranger ${agent.id}`);
    const { status } = await gate.call("POST", `/agents/${agent.id}/task`, reply({ confirm: true }), stranger.key);
    expect(status).toBe(404);
  });

  test("waits as a task of A2A, which can be asked for and gone on with", async () => {
    const { agent, org, session_id } = await asked();
    const rpc = async (method: string, params: object) => {
      const response = await fetch(`${gate.url}/agents/${agent.id}`, {
        method: "POST",
        headers: { "content-type": "application/json", "a2a-version": "1.0", authorization: `Bearer ${org.key}` },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      });
      return (await response.json()) as any;
    };
    const message = (more: object) => ({ message: { messageId: "m", role: "ROLE_USER", ...more } });
    const { result } = await rpc(
      "SendMessage",
      message({ parts: [{ data: { tool: "buy__pay", arguments: { session_id, amount: 7 } } }] }),
    );
    expect(result.task.status.state).toBe("TASK_STATE_INPUT_REQUIRED");
    const { id } = result.task;
    expect((await rpc("GetTask", { id })).result.status.state).toBe("TASK_STATE_INPUT_REQUIRED");
    const done = await rpc("SendMessage", message({ taskId: id, parts: [{ text: "yes" }] }));
    expect(done.result.task).toMatchObject({ id, status: { state: "TASK_STATE_COMPLETED" } });
    expect(done.result.task.artifacts[0].parts[0].data.result).toEqual({ paid: 7 });
  });
});

describe("a site that changes after it was approved", () => {
  const shop = () =>
    serve((url) =>
      new AgentApp({ title: "Shop", auth: none(), baseUrl: url })
        .intent("search", {
          description: "Search",
          input: z.object({ query: z.string() }),
          handler: () => [1],
          price: { amount: "0.01", currency: "USD" },
        })
        .intent("buy", { description: "Buy", handler: () => "bought" }),
    );
  const dearer = (manifest: any) => ({
    ...manifest,
    intents: [
      { ...manifest.intents[0], price: { amount: "5", currency: "USD" } },
      manifest.intents[1],
      { ...manifest.intents[1], name: "list", endpoint: "/agent/intents/buy" },
    ],
  });

  test("its additions go live; a changed price is shown, waits, and counts when its owner has refreshed it", async () => {
    const site = await shop();
    const org = await gate.createOrg(`owner ${site.url}`, FAST);
    const agent = await gate.register({ protocol: "site", url: site.url }, org.key);
    expect(agent.prices).toEqual({ search: 0.01, buy: 0 });
    site.change(dearer);
    const shown = await gate.call("POST", `/agents/${agent.id}/refresh?dry_run=true`, undefined, org.key);
    expect(shown.body).toMatchObject({ changed: true });
    expect(shown.body.differences).toContainEqual(
      expect.objectContaining({ path: "/intents/search/price", breaking: true }),
    );
    expect((await gate.call("GET", `/agents/${agent.id}`, undefined, org.key)).body.prices).toEqual({
      search: 0.01,
      buy: 0,
    });

    gate.clock.skip(20 * 60_000);
    const buyer = await gate.createOrg(`buyer ${site.url}`, FAST);
    await gate.call("POST", `/orgs/${buyer.id}/topup`, { amount: 100 });
    await expect
      .poll(async () => {
        gate.clock.skip(60_000);
        return (await gate.call("POST", `/agents/${agent.id}/task`, call("list"), buyer.key)).status;
      })
      .toBe(200);
    expect((await gate.call("GET", `/agents/${agent.id}`, undefined, org.key)).body.prices).toEqual({
      search: 0.01,
      buy: 0,
      list: 0,
    });
    const refused = await gate.call("POST", `/agents/${agent.id}/task`, call("search", { query: "x" }), buyer.key);
    expect([refused.status, refused.body.code]).toEqual([409, "agent_tool_changed"]);

    // What is approved is what was shown.
    const other = await gate.call("POST", `/agents/${agent.id}/refresh?digest=0`, undefined, org.key);
    expect([other.status, other.body.code]).toEqual([409, "tools_changed"]);
    const { digest } = (await gate.call("POST", `/agents/${agent.id}/refresh?dry_run=true`, undefined, org.key)).body;
    const refreshed = await gate.call("POST", `/agents/${agent.id}/refresh?digest=${digest}`, undefined, org.key);
    expect(refreshed.body).toMatchObject({ changed: true, agent: { prices: { search: 5, buy: 0, list: 0 } } });
    const done = await gate.call("POST", `/agents/${agent.id}/task`, call("search", { query: "x" }), buyer.key);
    expect([done.status, done.body.ucp?.price_per_task]).toEqual([200, 5]);
  });
});

test("a step that FoodPanda's flow has lost is shown, and waits, on every entrance, until its owner has looked", async () => {
  const owner = await gate.createOrg("its owner", FAST);
  const { site, agent } = await foodpanda({ prices: {}, price_per_task: 0.05 }, owner.key);
  const buyer = await gate.createOrg(`late ${agent.id}`, FAST);
  await gate.call("POST", `/orgs/${buyer.id}/topup`, { amount: 100 });
  site.change((manifest) => {
    const order = manifest.flows.find(({ name }: any) => name === "order_food");
    order.steps = order.steps.filter(({ name }: any) => name !== "set_delivery");
    order.steps.find(({ name }: any) => name === "add_dish").next_steps = ["add_dish", "place_order"];
    return manifest;
  });
  const refresh = (more = "") => gate.call("POST", `/agents/${agent.id}/refresh${more}`, undefined, owner.key);
  const { body: shown } = await refresh("?dry_run=true");
  const lost = {
    path: "/flows/order_food/steps/set_delivery",
    breaking: true,
    message: 'Step "set_delivery" is gone.',
  };
  expect(shown).toMatchObject({ changed: true, differences: expect.arrayContaining([expect.objectContaining(lost)]) });

  gate.clock.skip(20 * 60_000);
  const { call: mcp } = mcpCalls(() => gate.url);
  const listed = async () =>
    (await mcp(`/agents/${agent.id}/mcp`, "tools/list", {}, { key: buyer.key })).frame.result.tools.map(
      ({ name }: any) => name,
    );
  await expect
    .poll(() => {
      gate.clock.skip(60_000);
      return listed();
    })
    .not.toContain("order_food__set_delivery");
  // The others of the flow lead elsewhere by now, and wait with it.
  expect(await listed()).not.toContain("order_food__add_dish");
  expect(await listed()).toContain("search_dishes");
  const asked = site.seen.length;
  const args = { session_id: "x", street: "Torstraße 1", postal_code: "10119" };
  const byRest = await gate.call("POST", `/agents/${agent.id}/task`, call("order_food__set_delivery", args), buyer.key);
  expect([byRest.status, byRest.body.code]).toEqual([409, "agent_tool_changed"]);
  const chain = (
    await gate.call("POST", "/chains/", {
      name: "late dinner",
      steps: [{ agent_id: agent.id, skill: "order_food__set_delivery", input_template: JSON.stringify(args) }],
    })
  ).body;
  const run = (await gate.call("POST", `/chains/${chain.id}/run`, { input: "x" })).body;
  expect(run.status).not.toBe("success");
  expect(site.seen.slice(asked).filter(({ path }) => path.startsWith("/agent/"))).toEqual([]);
  expect((await gate.call("GET", `/orgs/${buyer.id}/wallet`)).body).toMatchObject({ balance: 100, held: 0 });

  expect((await refresh()).body).toMatchObject({ changed: true });
  await expect.poll(listed).toContain("order_food__add_dish");
  expect(await listed()).not.toContain("order_food__set_delivery");
});

describe("a bare address", () => {
  test("finds out by itself that a site lives there, before and at the registration", async () => {
    const site = await serve((url) => foodpandaSite(undefined, url));
    const preview = (await gate.call("POST", "/agents/preview", { url: site.url })).body;
    expect(preview).toMatchObject({
      protocol: "site",
      name: "FoodPanda",
      registration: { url: site.url, protocol: "site" },
    });
    expect(preview.skills.map(({ id }: any) => id)).toContain("search_dishes");
    const agent = await gate.register({ url: site.url });
    expect(agent).toMatchObject({ protocol: "site", name: "FoodPanda" });
  });

  test.each<[string, (url: string) => unknown, number, RegExp]>([
    ["HTML", () => "<!doctype html>", 400, /no manifest/],
    [
      "a manifest of another site",
      (url) => ({ agent_api_version: "1.0", name: "x", base_url: "https://evil.test", intents: [], flows: [], url }),
      400,
      /evil\.test/,
    ],
    [
      "an endpoint elsewhere",
      (url) => ({
        agent_api_version: "1.0",
        name: "x",
        base_url: url,
        intents: [{ name: "a", endpoint: "//evil.test/x", method: "POST" }],
        flows: [],
      }),
      400,
      /endpoint/,
    ],
    [
      "names that climb",
      (url) => ({
        agent_api_version: "1.0",
        name: "x",
        base_url: url,
        intents: [],
        flows: [{ name: "a/../b", orchestration: "client", steps: [] }],
      }),
      400,
      /cannot be the name/,
    ],
    [
      "two calls of one name",
      (url) => ({
        agent_api_version: "1.0",
        name: "x",
        base_url: url,
        intents: [{ name: "f__start", endpoint: "/a", method: "POST" }],
        flows: [{ name: "f", orchestration: "server", steps: [{ name: "s", entry: true }] }],
      }),
      400,
      /Two tools/,
    ],
  ])("%s is refused as a site in words", async (_, manifestOf, status, words) => {
    const server = createServer((_, response) => {
      const made = manifestOf(url);
      response.end(typeof made === "string" ? made : JSON.stringify(made));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const answer = await gate.call("POST", "/agents/", { protocol: "site", url });
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([status, expect.stringMatching(words)]);
  });
});

describe("the directory", () => {
  test("lists what everybody may see, with an etag, page by page; agents search it and call what they find", async () => {
    const own = await startTestGateway();
    const sites = await Promise.all([1, 2, 3].map(() => serve((url) => foodpandaSite(undefined, url))));
    for (const [index, { url }] of sites.entries())
      await own.register({
        protocol: "site",
        url,
        tags: ["food"],
        visibility: index === 2 ? "org" : "public",
        ...(index === 2 && { org_id: (await own.createOrg("hidden")).id }),
      });
    const first = await own.call("GET", "/agentgate.json?limit=1", undefined, null);
    expect(first.body.sites).toHaveLength(1);
    expect(first.body.sites[0]).toMatchObject({ name: "FoodPanda", auth: "api_key", tags: ["food"] });
    const known = await fetch(`${own.url}/agentgate.json?limit=1`, {
      headers: { "if-none-match": first.headers.get("etag")! },
    });
    expect(known.status).toBe(304);
    const second = await own.call("GET", first.body.next, undefined, null);
    expect([second.body.sites.length, second.body.next]).toEqual([1, null]);
    const [best] = await new AgentClient({ apiKey: demoKey }).search("order food", { directory: own.url });
    const site = await best!.discover();
    expect(await site.call("search_dishes", { query: "gyoza" })).toMatchObject([{ id: "gyoza" }]);
    const catalog = (await own.call("GET", "/.well-known/ai-catalog.json", undefined, null)).body;
    expect(catalog.entries.map(({ url }: any) => url)).toContain(`${own.url}/agentgate.json`);
    await own.close();
  });
});
