import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  answer,
  aTool,
  type Script,
  type ScriptedServer,
  serving,
  startScriptedServer,
} from "../mcp-servers/testing/scripted-server.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { mcpCalls } from "./testing/mcp-calls.ts";
import { TaskAgent } from "./testing/task-agent.ts";

/** An agent that asks back: by a form where the client has one, in words where it has none; on any node. */

const V = "dev.agentgate/";
let gate: TestGateway;
let other: TestGateway;
let agent: TaskAgent;
beforeAll(async () => {
  gate = await startTestGateway();
  other = await gate.another();
  agent = await new TaskAgent((message, turn) => {
    const text = message.parts[0]?.text ?? JSON.stringify(message.parts[0]?.data ?? "");
    if (turn === 0 && text === "sign in") {
      const says = [{ text: "Please sign in at https://login.example/x?a=1" }];
      return { state: "TASK_STATE_AUTH_REQUIRED", says };
    }
    if (turn === 0 && text === "endless")
      return { state: "TASK_STATE_INPUT_REQUIRED", says: [{ text: "a.".repeat(500_000) }] };
    if (turn === 0 && text === "form") {
      const requestedSchema = {
        type: "object",
        properties: { seats: { type: "integer", minimum: 1 } },
        required: ["seats"],
      };
      return { state: "TASK_STATE_INPUT_REQUIRED", says: [{ text: "How many?" }, { data: { requestedSchema } }] };
    }
    if (turn === 0)
      return { state: "TASK_STATE_INPUT_REQUIRED", says: [{ text: `Which day? See https://evil.example/now` }] };
    if (turn === 1 && text === "again")
      return { state: "TASK_STATE_INPUT_REQUIRED", says: [{ text: "And the hour?" }] };
    return { state: "TASK_STATE_COMPLETED", makes: [{ text: `Booked for ${text}` }] };
  }).start();
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

const { call } = mcpCalls(() => gate.url);
const there = mcpCalls(() => other.url);
const form = { elicitation: { form: {}, url: {} } };

async function stand(fields: object = {}) {
  const registered = await gate.register({
    name: "Booker",
    url: agent.url,
    card_url: `${agent.url}/.well-known/agent-card.json`,
    ...fields,
  });
  const { id, key } = await gate.createOrg(`payer-${Math.random()}`);
  await gate.call("POST", `/orgs/${id}/topup`, { amount: 1 });
  const balance = async () => (await gate.call("GET", `/orgs/${id}/wallet`)).body;
  return { path: `/agents/${registered.id}/mcp`, key, balance, id: registered.id };
}
const ask = (message = "book") => ({ name: "work", arguments: { message } });
const answered = (requestState: string, content: object, turn = 1, action = "accept") => ({
  requestState,
  inputResponses: { [`turn-${turn}`]: { action, ...(action === "accept" && { content }) } },
});

test("a form is asked for on one node, and its answer goes on on another; each turn is paid", async () => {
  const { path, key, balance } = await stand({ price_per_task: 0.05 });
  const asked = await call(path, "tools/call", ask(), { key, capabilities: form });
  expect(asked.frame.result.resultType).toBe("input_required");
  const { params } = asked.frame.result.inputRequests["turn-1"];
  expect(params.mode).toBe("form");
  expect(params.message).toBe("Booker asks: Which day? See (a link was left out)");
  expect(params.requestedSchema.required).toEqual(["answer"]);
  const { requestState } = asked.frame.result;
  const done = await there.call(
    path,
    "tools/call",
    { ...ask(), ...answered(requestState, { answer: "Monday" }) },
    { key, capabilities: form, id: 2 },
  );
  expect(done.frame.result.content).toEqual([{ type: "text", text: "Booked for Monday" }]);
  expect(done.frame.result._meta[`${V}receipt`].balance).toBe("0.90");
  expect(await balance()).toMatchObject({ balance: 0.9, held: 0 });
});

test("a question is answered once, by whoever was asked, about the call that it was asked in", async () => {
  const { path, key } = await stand();
  const { key: stranger } = await gate.createOrg(`stranger-${Math.random()}`);
  const asked = await call(path, "tools/call", ask(), { key, capabilities: form });
  const { requestState } = asked.frame.result;
  const answer = answered(requestState, { answer: "Monday" });
  const refused = async (params: object, shown = key) =>
    (await call(path, "tools/call", params, { key: shown, capabilities: form })).frame.error?.data.code;
  expect(await refused({ ...ask(), ...answer }, stranger)).toBe("invalid_request_state");
  expect(await refused({ ...ask("another"), ...answer })).toBe("invalid_request_state");
  expect(await refused({ ...ask(), ...answer, requestState: `${requestState.slice(0, -2)}AA` })).toBe(
    "invalid_request_state",
  );
  expect(await refused({ ...ask(), ...answered(requestState, { answer: "x" }, 2) })).toBe("invalid_input_responses");
  expect(await refused({ ...ask(), ...answered(requestState, { wrong: "x" }) })).toBe("invalid_input_responses");
  const both = await Promise.all([
    call(path, "tools/call", { ...ask(), ...answer }, { key, capabilities: form }),
    there.call(path, "tools/call", { ...ask(), ...answer }, { key, capabilities: form }),
  ]);
  const told = both.map(({ frame }) => frame.error?.data.code ?? frame.result.content[0].text).sort();
  expect(told).toEqual(["Booked for Monday", "invalid_request_state"]);
  // In no other spelling of it either.
  for (const spelled of [
    `${requestState}=`,
    `${requestState}\n`,
    requestState.replace(/[-_]/g, (one: string) => (one === "-" ? "+" : "/")),
  ]) {
    expect(await refused({ ...ask(), ...answer, requestState: spelled })).toBe("invalid_request_state");
  }
});

test("a question that has no end is shown as far as anybody reads", async () => {
  const { path, key } = await stand();
  const began = process.cpuUsage().user;
  const asked = await call(path, "tools/call", ask("endless"), { key, capabilities: form });
  expect(asked.frame.result.inputRequests["turn-1"].params.message).toHaveLength(1_000);
  // Microseconds of this process, which the gateway is in: it took minutes.
  expect(process.cpuUsage().user - began).toBeLessThan(5_000_000);
});

test("a state has an end", async () => {
  const { path, key } = await stand();
  const asked = await call(path, "tools/call", ask(), { key, capabilities: form });
  gate.clock.skip(16 * 60_000);
  const late = await call(
    path,
    "tools/call",
    { ...ask(), ...answered(asked.frame.result.requestState, { answer: "x" }) },
    { key, capabilities: form },
  );
  expect(late.frame.error.data.code).toBe("invalid_request_state");
});

test("a second question has a key and a state of its own", async () => {
  const { path, key } = await stand();
  const first = await call(path, "tools/call", ask(), { key, capabilities: form });
  const second = await call(
    path,
    "tools/call",
    { ...ask(), ...answered(first.frame.result.requestState, { answer: "again" }) },
    { key, capabilities: form },
  );
  expect(Object.keys(second.frame.result.inputRequests)).toEqual(["turn-2"]);
  const done = await call(
    path,
    "tools/call",
    { ...ask(), ...answered(second.frame.result.requestState, { answer: "noon" }, 2) },
    { key, capabilities: form },
  );
  expect(done.frame.result.content[0].text).toBe("Booked for noon");
});

test.each(["decline", "cancel"])("%s tells the agent to stop", async (action) => {
  const { path, key } = await stand();
  const asked = await call(path, "tools/call", ask(), { key, capabilities: form });
  const { id } = agent.latest;
  const ended = await call(
    path,
    "tools/call",
    { ...ask(), ...answered(asked.frame.result.requestState, {}, 1, action) },
    { key, capabilities: form },
  );
  expect(ended.frame.result).toMatchObject({ isError: true, _meta: { [`${V}problem`]: { code: "declined" } } });
  expect(agent.cancelled).toContain(id);
});

test("an agent's own flat schema is the form's, and is answered with data", async () => {
  const { path, key } = await stand();
  const asked = await call(path, "tools/call", ask("form"), { key, capabilities: form });
  expect(asked.frame.result.inputRequests["turn-1"].params.requestedSchema).toEqual({
    type: "object",
    properties: { seats: { type: "integer", minimum: 1 } },
    required: ["seats"],
  });
  const done = await call(
    path,
    "tools/call",
    { ...ask("form"), ...answered(asked.frame.result.requestState, { seats: 2 }) },
    { key, capabilities: form },
  );
  expect(done.frame.result.content[0].text).toBe('Booked for {"seats":2}');
});

test("a sign-in is asked for by its address", async () => {
  const { path, key } = await stand();
  const asked = await call(path, "tools/call", ask("sign in"), { key, capabilities: form });
  const { params } = asked.frame.result.inputRequests["turn-1"];
  expect(params).toMatchObject({ mode: "url", url: "https://login.example/x?a=1" });
  expect(params.message).not.toContain("https://");
  const done = await call(
    path,
    "tools/call",
    { ...ask("sign in"), ...answered(asked.frame.result.requestState, {}) },
    { key, capabilities: form },
  );
  expect(done.frame.result.isError).toBeUndefined();
});

test.each([[undefined], ["2025-11-25"], ["2025-03-26"]])(
  "a client that cannot be asked goes on with the task's id (%s)",
  async (revision) => {
    const { path, key } = await stand();
    const options = { key, ...(revision && { revision }) };
    const asked = await call(path, "tools/call", ask(), options);
    const { content, _meta } = asked.frame.result;
    const task = _meta[`${V}task`];
    expect(task).toMatchObject({ id: agent.latest.id, state: "input-required" });
    expect(content.map(({ text }: any) => text).join(" ")).toContain("Which day?");
    expect(content.at(-1).text).toContain(JSON.stringify(task.id));
    const args = { message: "Tuesday", task_id: task.id, context_id: task.context_id };
    const done = await call(path, "tools/call", { name: "work", arguments: args }, options);
    expect(done.frame.result.content[0].text).toBe("Booked for Tuesday");
  },
);

test("a wallet that has not enough is filled on the way, where there is a checkout", async () => {
  const shop = await startTestGateway("sqlite", {
    topup: "provider",
    topupCheckoutUrl: "https://pay.example/{org_id}?a={amount}",
  });
  const calls = mcpCalls(() => shop.url);
  const registered = await shop.register({
    name: "Booker",
    url: agent.url,
    price_per_task: 0.05,
    card_url: `${agent.url}/.well-known/agent-card.json`,
  });
  const { id, key } = await shop.createOrg("payer");
  const path = `/agents/${registered.id}/mcp`;
  const plain = await calls.call(path, "tools/call", ask(), { key });
  expect(plain.frame.result._meta[`${V}problem`]).toMatchObject({
    status: 402,
    checkout_url: `https://pay.example/${id}?a=0.0500`,
  });
  const asked = await calls.call(path, "tools/call", ask(), { key, capabilities: form });
  expect(asked.frame.result.inputRequests.top_up.params).toMatchObject({
    mode: "url",
    url: `https://pay.example/${id}?a=0.0500`,
  });
  const { requestState } = asked.frame.result;
  const refused = await calls.call(
    path,
    "tools/call",
    { ...ask(), requestState, inputResponses: { top_up: { action: "decline" } } },
    { key, capabilities: form },
  );
  expect(refused.frame.result.isError).toBe(true);
  await shop.call("POST", `/orgs/${id}/topup`, { amount: 1 });
  const paid = await calls.call(
    path,
    "tools/call",
    { ...ask(), requestState, inputResponses: { top_up: { action: "accept" } } },
    { key, capabilities: form },
  );
  expect(paid.frame.result.resultType).toBe("input_required");
  await shop.close();
});

test("an MCP server's own form and address are those that its agent asks by, of the toolset too", async () => {
  let params: object;
  const asks: Script = (one, response) => {
    const { inputResponses } = one.params;
    if (inputResponses)
      return answer(one, response, { content: [{ type: "text", text: JSON.stringify(inputResponses) }] });
    return answer(one, response, {
      resultType: "input_required",
      inputRequests: { it: { method: "elicitation/create", params } },
    });
  };
  const server = await startScriptedServer(serving(() => [aTool()], asks));
  const { key } = await gate.createOrg(`table-${Math.random()}`, { tier: "enterprise" });
  const { slug } = await gate.register({ protocol: "mcp", name: "Tables", url: server.url }, key);
  const asked = { name: `${slug}__look`, arguments: {} };
  const ask = async (more: object = {}, calls = { call }) =>
    (await calls.call("/mcp", "tools/call", { ...asked, ...more }, { key, capabilities: form })).frame.result;

  const properties = { day: { type: "string" }, seats: { type: "integer", minimum: 1 } };
  const requestedSchema = { type: "object", properties, required: ["day"] };
  params = { mode: "form", message: "When, and how many?", requestedSchema };
  const question = await ask();
  expect(question.inputRequests["turn-1"].params).toEqual({
    ...{ mode: "form", message: "Tables asks: When, and how many?", requestedSchema },
  });
  const booked = await ask(answered(question.requestState, { day: "Monday", seats: 2 }), there);
  expect(booked.content[0].text).toBe('{"it":{"action":"accept","content":{"day":"Monday","seats":2}}}');

  params = { mode: "url", message: "Please pay", url: "https://pay.example/x" };
  const sent = await ask();
  expect(sent.inputRequests["turn-1"].params).toMatchObject({ mode: "url", url: "https://pay.example/x" });
  expect((await ask(answered(sent.requestState, {}))).content[0].text).toBe('{"it":{"action":"accept"}}');
  await server.close();
});

describe("an MCP server that asks several things at once", () => {
  const day = { type: "object", properties: { day: { type: "string" } }, required: ["day"] };
  const seats = { type: "object", properties: { seats: { type: "integer", minimum: 1 } } };
  const elicit = (params: object) => ({ method: "elicitation/create", params });
  let inputRequests: Record<string, object>;
  let server: ScriptedServer;
  let key: string;
  let id: string;
  let name: string;
  beforeAll(async () => {
    const asks: Script = (one, response) => {
      const { inputResponses, requestState } = one.params;
      if (!inputResponses) {
        return answer(one, response, { resultType: "input_required", inputRequests, requestState: "own" });
      }
      const text = JSON.stringify([requestState, inputResponses]);
      return answer(one, response, { content: [{ type: "text", text }] });
    };
    server = await startScriptedServer(serving(() => [aTool()], asks));
    ({ key } = await gate.createOrg(`tables-${Math.random()}`, { tier: "enterprise" }));
    const registered = await gate.register({ protocol: "mcp", name: "Tables", url: server.url }, key);
    id = registered.id;
    name = `${registered.slug}__look`;
  });
  afterAll(() => server.close());
  beforeEach(() => {
    inputRequests = {
      when: elicit({ mode: "form", message: "When?", requestedSchema: day }),
      "how many": elicit({ message: "How many? See https://evil.example", requestedSchema: seats }),
      pay: elicit({ mode: "url", message: "Please pay", url: "https://pay.example/x" }),
    };
  });

  const at = (path: string, params: object, options: object = {}, calls = { call }) =>
    calls.call(path, "tools/call", params, { key, capabilities: form, ...options });
  const asked = async (options: object = {}) => (await at("/mcp", { name, arguments: {} }, options)).frame.result;
  const accept = (content?: object) => ({ action: "accept", ...(content && { content }) });
  const all = { "turn-1-1": accept({ day: "Monday" }), "turn-1-2": accept({ seats: 2 }), "turn-1-3": accept() };

  test("is asked by all of them in one result, and answered by its own names on any node", async () => {
    const question = await asked();
    expect(question.inputRequests).toEqual({
      "turn-1-1": elicit({ mode: "form", message: "Tables asks: When?", requestedSchema: day }),
      "turn-1-2": elicit({
        mode: "form",
        message: "Tables asks: How many? See (a link was left out)",
        requestedSchema: seats,
      }),
      "turn-1-3": elicit({ mode: "url", message: "Tables asks: Please pay", url: "https://pay.example/x" }),
    });
    const { requestState } = question;
    const { "turn-1-2": _, ...some } = all;
    const lacking = await at("/mcp", { name, arguments: {}, requestState, inputResponses: some });
    expect(lacking.frame.error).toMatchObject({ code: -32602, data: { code: "invalid_input_responses" } });
    const done = await at("/mcp", { name, arguments: {}, requestState, inputResponses: all }, {}, there);
    expect(JSON.parse(done.frame.result.content[0].text)).toEqual([
      "own",
      { when: accept({ day: "Monday" }), "how many": accept({ seats: 2 }), pay: accept() },
    ]);
    const twice = await at("/mcp", { name, arguments: {}, requestState, inputResponses: all });
    expect(twice.frame.error.data.code).toBe("invalid_request_state");
  });

  test("hears what of it was declined, and is told to stop where nothing was answered", async () => {
    const first = await asked();
    const inputResponses = { ...all, "turn-1-2": { action: "decline" } };
    const some = await at("/mcp", { name, arguments: {}, requestState: first.requestState, inputResponses });
    expect(JSON.parse(some.frame.result.content[0].text)[1]).toEqual({
      ...{ when: accept({ day: "Monday" }), "how many": { action: "decline" }, pay: accept() },
    });
    const second = await asked();
    const none = Object.fromEntries(Object.keys(all).map((one) => [one, { action: "cancel" }]));
    const ended = await at("/mcp", {
      ...{ name, arguments: {}, requestState: second.requestState, inputResponses: none },
    });
    expect(ended.frame.result._meta[`${V}problem`].code).toBe("declined");
  });

  test.each<[what: string, options: object]>([
    ["takes no addresses", { capabilities: { elicitation: { form: {} } } }],
    ["is of the legacy era", { revision: "2025-11-25" }],
  ])("is answered in data by a client that %s", async (_, options) => {
    const told = await asked(options);
    expect(told.inputRequests).toBeUndefined();
    const args = JSON.parse(/call this tool again with (\{.*\})\.$/.exec(told.content.at(-1).text)![1]!);
    expect(args.task_id).toBe(told._meta[`${V}task`].id);
    expect(args.data.inputResponses).toEqual(
      Object.fromEntries(Object.keys(inputRequests).map((one) => [one, accept({})])),
    );
    const done = await at("/mcp", { name, arguments: args }, options);
    expect(JSON.parse(done.frame.result.content[0].text)).toEqual(["own", args.data.inputResponses]);
  });

  test.each<[what: string, odd: object]>([
    ["that is no form", { mode: "form", message: "?", requestedSchema: { type: "object", properties: { a: day } } }],
    ["that is a secret", { message: "?", requestedSchema: { type: "object", properties: { password: {} } } }],
    ["at an address that is not secure", { mode: "url", message: "?", url: "http://pay.example/x" }],
  ])("is told in words where one thing is asked %s", async (_, odd) => {
    inputRequests = { ...inputRequests, odd: elicit(odd) };
    const told = await asked();
    expect(told.inputRequests).toBeUndefined();
    expect(told.content.at(-1).text).toContain('"odd":{"action":"accept","content":{}}');
  });

  test("is asked as it asks at its own address", async () => {
    const { frame } = await at(`/agents/${id}/mcp`, { name: "look", arguments: {} });
    const { requestState } = frame.result;
    expect(frame.result.inputRequests).toEqual(inputRequests);
    const inputResponses = { when: accept({ day: "Monday" }), "how many": { action: "decline" }, pay: accept() };
    const done = await at(
      `/agents/${id}/mcp`,
      { name: "look", arguments: {}, requestState, inputResponses },
      {},
      there,
    );
    expect(JSON.parse(done.frame.result.content[0].text)).toEqual(["own", inputResponses]);
  });
});
