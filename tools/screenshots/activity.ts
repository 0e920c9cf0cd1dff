import { serveFoodpanda } from "../../examples/foodpanda/serve.ts";
import { demoKey } from "../../examples/foodpanda/site.ts";
import { serveSommelier } from "../../examples/market/sommelier.ts";

type Call = (method: string, path: string, body?: unknown, key?: string) => Promise<{ id: string; session_id: string }>;

export interface SeededOrg {
  id: string;
  key: string;
}

export interface Surroundings {
  call: Call;
  /** Who owns and buys most of it. */
  org: SeededOrg;
  /** Ids by name. */
  agents: Map<string, string>;
  /** Where webhooks are told to: `/hooks` takes them, `/hooks-down` does not. */
  serverUrl: string;
}

/** A website and an MCP server of others, which are for sale too. */
export async function openOthers() {
  const [site, sommelier] = await Promise.all([serveFoodpanda(0), serveSommelier()]);
  return {
    site,
    sommelier,
    async close() {
      await Promise.all([site.close(), sommelier.close()]);
    },
  };
}

/** Registers these two, with prices of their own for some of what they do. */
export async function registerOthers(
  { call, org, agents }: Surroundings,
  { site, sommelier }: Awaited<ReturnType<typeof openOthers>>,
): Promise<void> {
  const prices = { search_dishes: 0, order_food__start: 0.001, order_food__add_dish: 0.001 };
  const shop = { protocol: "site", url: site.url, name: "FoodPanda", price_per_task: 0.02, prices };
  const { id } = await call("POST", "/agents/", shop, org.key);
  await call("PUT", `/agents/${id}/credentials`, { type: "header", name: "X-API-Key", value: demoKey }, org.key);
  agents.set("FoodPanda", id);
  const drinks = { protocol: "mcp", url: sommelier.url, name: "sommelier", price_per_task: 0.002 };
  agents.set("sommelier", (await call("POST", "/agents/", drinks, org.key)).id);
}

/** What an organization has after a busy hour: endpoints that were told, a chain that ran, orders, keys, tasks, grants. */
export async function seedActivity({ call, org, agents, serverUrl }: Surroundings): Promise<void> {
  const id = (name: string) => agents.get(name)!;
  const endpoints = [];
  for (const [path, description, events] of [
    ["/hooks", "Ledger of the bookkeeping", ["task.completed", "wallet.low"]],
    ["/hooks-down", "The pager", ["task.failed"]],
  ] as const) {
    const endpoint = { url: serverUrl + path, description, events: [...events] };
    endpoints.push(await call("POST", "/webhooks/endpoints", endpoint, org.key));
  }
  for (const endpoint of endpoints) await call("POST", `/webhooks/endpoints/${endpoint.id}/test`, {}, org.key);

  const steps = [
    { agent_id: id("lingua-translate") },
    { agent_id: id("support-triage"), input_template: "Whom does this concern? {previous}" },
  ];
  const chain = await call("POST", "/chains/", { name: "Translate, then triage", steps }, org.key);
  await call("POST", `/chains/${chain.id}/run`, { input: "Mein Paket ist nicht angekommen." }, org.key);
  await call("POST", "/chains/", { name: "Summarize twice", steps: [steps[0], steps[0]] }, org.key);

  const task = { id: "order-1", message: { parts: [{ type: "text", text: "Good morning" }] } };
  for (const [name, isCompleted] of [
    ["invoice-reader", true],
    ["legal-clauses", true],
    ["code-review", false],
  ] as const) {
    const { session_id } = await call("POST", "/ucp/checkout", { agent_id: id(name), task }, org.key);
    if (isCompleted) await call("POST", `/ucp/checkout/${session_id}/complete`, undefined, org.key);
  }

  for (const [name, fields] of [
    ["nightly build", { scopes: ["tasks:call"], budgets: [{ amount: 1.5, period: "day" }] }],
    ["month-end report", { scopes: ["logs:read", "usage:read", "billing:read"], expires_in: 2_592_000 }],
  ] as const)
    await call("POST", `/orgs/${org.id}/keys`, { name, ...fields }, org.key);

  const parts = [{ text: "Plan a day in Lahore" }];
  for (const [message, contextId] of ["first", "second", "third"].map((one, at) => [one, `trip-${at >> 1}`])) {
    const said = { messageId: message, contextId, role: "ROLE_USER", parts };
    await call("POST", `/agents/${id("travel-desk")}/message:send`, { message: said }, org.key);
  }
  for (const part of [
    { agent: "FoodPanda", data: { tool: "search_dishes", arguments: { query: "ramen" } } },
    { agent: "sommelier", data: { tool: "recommend_drink", arguments: { dish: "ramen" } } },
  ]) {
    const message = { parts: [{ type: "data", data: part.data }] };
    await call("POST", `/agents/${id(part.agent)}/task`, { message }, org.key);
  }
}

/** Where changes need approval: one of an agent that serves, and an agent that is new. */
export async function seedApprovals({ call, org, agents }: Surroundings): Promise<void> {
  const change = {
    price_per_task: 0.0021,
    description: "Translates between 44 languages, and keeps your glossary.",
    url: "https://translate.lingua.example/v4",
  };
  await call("PUT", `/agents/${agents.get("support-triage")}`, change, org.key);
}
