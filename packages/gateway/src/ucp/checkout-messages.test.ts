import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestGateway } from "../testing/index.ts";
import { officialFaults } from "./testing/official-schemas.ts";
import { type Platform, startPlatform } from "./testing/platform.ts";
import { paying, type Shop, startShop, TASK } from "./testing/shop.ts";

/** Checkouts in messages of A2A, where an agent stands at the root of the host. */

const URI = "https://ucp.dev/2026-08-25/specification/reference";

let shop: Shop;
let gate: TestGateway;
let platform: Platform;
let rootId: string;
let agentId: string;
let messages = 0;
beforeAll(async () => {
  shop = await startShop("sqlite", { ucpWaitSeconds: 60 });
  platform = await startPlatform();
  platform.serves({ body: platform.profile("2026-08-25") });
  rootId = (await shop.gate.register({ name: "Doorman", url: shop.agent.url, protocol: "plain" })).id;
  agentId = await shop.sell("Echo", 0.25);
  gate = await shop.gate.another({ rootAgent: rootId });
});
afterAll(async () => {
  await shop.close();
  await platform.close();
});

interface Options {
  key?: string | null;
  contextId?: string | undefined;
  messageId?: string;
  at?: string;
  headers?: Record<string, string>;
}
/** As a client of 1.0 sends it over JSON-RPC. */
async function say(parts: object[], options: Options = {}) {
  const { key = shop.buyer.key, contextId, messageId = `m-${++messages}`, at = "/", headers = {} } = options;
  const message = { messageId, role: "ROLE_USER", parts, ...(contextId !== undefined && { contextId }) };
  const response = await fetch(gate.url + at, {
    method: "POST",
    headers: {
      ...{ "content-type": "application/json", "a2a-version": "1.0", "a2a-extensions": URI },
      "ucp-agent": `profile="${platform.url}"`,
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "SendMessage", params: { message } }),
  });
  const { result, error } = (await response.json()) as any;
  const told = result?.message;
  return {
    status: response.status,
    headers: response.headers,
    error,
    told,
    checkout: told?.parts[0].data?.["a2a.ucp.checkout"],
  };
}
const act = (action: string, more: object = {}, options?: Options) => say([{ data: { action, ...more } }], options);
const adding = (text: string, options?: Options) =>
  say([{ data: { action: "add_to_checkout", product_id: `agent_${agentId}`, quantity: 1 } }, { text }], options);

test("the root agent's card says so, and no other's", async () => {
  const extensions = async (path: string) =>
    ((await gate.call("GET", path, undefined, null)).body.capabilities.extensions ?? []).map(({ uri }: any) => uri);
  expect(await extensions("/.well-known/agent-card.json")).toContain(URI);
  expect(await extensions(`/agents/${agentId}/card`)).toEqual([]);
  const { body } = await gate.call("GET", "/.well-known/ucp", undefined, null);
  const declared = body.ucp.services["dev.ucp.shopping"].find(({ transport }: any) => transport === "a2a");
  expect(declared.endpoint).toBe("https://gw.example.com/.well-known/agent-card.json");
});

test("from an item to the agent's answer, in one conversation, paid once", async () => {
  const before = (await shop.wallet()).balance;
  const first = await adding("Good morning");
  expect(first.headers.get("a2a-extensions")).toBe(URI);
  expect(first.told).toMatchObject({ role: "ROLE_AGENT", contextId: first.checkout.id });
  expect(first.checkout).toMatchObject({ status: "ready_for_complete", totals: [{ amount: 25 }, { amount: 25 }] });
  const { contextId } = first.told;
  const second = await adding("Good night", { contextId });
  expect(second.checkout).toMatchObject({ id: contextId, totals: [{ amount: 50 }, { amount: 50 }] });
  const completing = { contextId, messageId: "the-completion" };
  const complete = () =>
    say(
      [
        { data: { action: "complete_checkout" } },
        { data: { "a2a.ucp.checkout.payment": paying(shop.buyer.id).payment } },
      ],
      completing,
    );
  const done = await complete();
  expect(officialFaults("checkout", done.checkout)).toBe("");
  expect(done.checkout).toMatchObject({ status: "completed", order: { id: expect.any(String) } });
  expect(done.checkout.line_items.map((line: any) => line[TASK].result.artifacts[0].parts[0].text)).toEqual([
    "Echo: Good morning",
    "Echo: Good night",
  ]);
  expect((await complete()).checkout).toEqual(done.checkout);
  expect((await shop.wallet()).balance).toBeCloseTo(before - 0.5, 6);
  const seen = await shop.ucp("GET", `/checkout-sessions/${contextId}`);
  expect(seen.body).toMatchObject({ status: "completed", order: done.checkout.order });
  // What is over is left, and another begun.
  expect((await adding("And again", { contextId })).checkout.id).not.toBe(contextId);
});

test("a message that is sent again has no second effect; another under its id is refused", async () => {
  const { told } = await adding("once");
  const again = { contextId: told.contextId, messageId: "sent-twice" };
  expect((await adding("twice", again)).checkout.line_items).toHaveLength(2);
  expect((await adding("twice", again)).checkout.line_items).toHaveLength(2);
  expect((await act("get_checkout", {}, { contextId: told.contextId })).checkout.line_items).toHaveLength(2);
  expect((await adding("thrice", again)).error.data[0].reason ?? "").toMatch(/IDEMPOTENCY/i);
});

test("items are taken out again; without one the checkout is canceled", async () => {
  const { told } = await adding("one");
  const removed = await act("remove_from_checkout", { product_id: `agent_${agentId}` }, { contextId: told.contextId });
  expect(removed.checkout).toMatchObject({ id: told.contextId, status: "canceled" });
  const whole = { line_items: [{ item: { id: `agent_${agentId}:task` }, quantity: 2 }] };
  const made = await act("create_checkout", { "a2a.ucp.checkout": whole });
  expect(made.checkout).toMatchObject({ status: "incomplete", messages: [{ code: "task_input_required" }] });
  const { contextId } = made.told;
  const canceled = await act("cancel_checkout", {}, { contextId });
  expect(canceled.checkout.status).toBe("canceled");
});

test("clients of 0.3 are answered in its words", async () => {
  const message = {
    ...{ kind: "message", messageId: "old-1", role: "user" },
    parts: [{ kind: "data", data: { action: "add_to_checkout", product_id: `agent_${agentId}` } }],
  };
  const response = await fetch(`${gate.url}/`, {
    method: "POST",
    headers: {
      ...{ "content-type": "application/json", "x-a2a-extensions": URI, "ucp-agent": `profile="${platform.url}"` },
      authorization: `Bearer ${shop.buyer.key}`,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 7, method: "message/send", params: { message } }),
  });
  const { result } = (await response.json()) as any;
  expect(response.headers.get("x-a2a-extensions")).toBe(URI);
  expect(result).toMatchObject({ kind: "message", role: "agent", parts: [{ kind: "data" }] });
  expect(result.parts[0].data["a2a.ucp.checkout"].status).toBe("incomplete");
});

test("what is another's is not there; what is no action, or lacks something, is refused in words", async () => {
  const { told } = await adding("mine");
  const { contextId } = told;
  for (const key of [null, shop.seller.key]) {
    const { checkout } = await act("get_checkout", {}, { contextId, key });
    expect(checkout).toMatchObject({ ucp: { status: "error" }, messages: [{ code: "not_found" }] });
  }
  const said = async (...args: Parameters<typeof act>) => (await act(...args)).error.message;
  expect(await said("buy_all")).toMatch(/no action buy_all; there are create_checkout/);
  expect(await said("get_checkout")).toMatch(/contextId is required/);
  expect(await said("complete_checkout", {}, { contextId })).toMatch(/a2a.ucp.checkout.payment is required/);
  expect((await act("get_checkout", {}, { contextId, key: "nobody's" })).status).toBe(401);
  const signed = { headers: { signature: "sig1=:AA==:", "signature-input": 'sig1=("@method");keyid="x"' } };
  expect((await act("get_checkout", {}, { contextId, ...signed })).error.message).toMatch(/Content-Digest/);
});

test("words are the agent's, and so is every message to another", async () => {
  const words = await say([{ text: "hello" }]);
  expect(words.told.parts).toMatchObject([{ text: "Echo: hello" }]);
  const unasked = await say([{ text: "hi" }, { data: { action: "get_checkout" } }], {
    headers: { "a2a-extensions": "https://other.example/x" },
  });
  expect(unasked.told.parts).toMatchObject([{ text: "Echo: hi" }]);
  const free = (await shop.gate.register({ name: "Other", url: shop.agent.url, protocol: "plain" })).id;
  const elsewhere = await say([{ text: "you" }, { data: { action: "get_checkout" } }], { at: `/agents/${free}` });
  expect(elsewhere.told.parts).toMatchObject([{ text: "Echo: you" }]);
});
