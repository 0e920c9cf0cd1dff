import { developmentEnvironment, readConfig, startServer } from "@agentgate/gateway";
import { serveExampleAgent } from "../a2a-agent/serve.ts";
import { serveFoodpanda } from "../foodpanda/serve.ts";
import { demoKey } from "../foodpanda/site.ts";
import { serveSommelier } from "./sommelier.ts";

/** An organization, and the key that it shows. */
export interface Org {
  id: string;
  key: string;
}

export interface Market {
  url: string;
  buyer: Org;
  seller: Org;
  /** What is for sale, by what the gateway calls it. */
  agents: Record<"foodpanda" | "sommelier" | "courier", { id: string; slug: string }>;
  /** @throws Error for anything but a success */
  call<T>(method: string, path: string, body?: unknown, key?: string): Promise<T>;
  close(): Promise<void>;
}

const ADMIN_KEY = "the-market's-own-key";

/** A gateway on which one organization sells three agents, each of another kind, and another has a dollar to spend. */
export async function openMarket(dataDirectory: string): Promise<Market> {
  const [site, sommelier, courier] = await Promise.all([serveFoodpanda(0), serveSommelier(), serveExampleAgent()]);
  const environment = { ...developmentEnvironment, AGENTGATE_API_KEY: ADMIN_KEY, AGENTGATE_LOG_LEVEL: "warn" };
  const config = readConfig({ ...environment, AGENTGATE_PORT: "0", AGENTGATE_DATA_DIR: dataDirectory });
  const server = await startServer(config);

  async function call<T>(method: string, path: string, body?: unknown, key = ADMIN_KEY): Promise<T> {
    const response = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }
  const org = async (name: string): Promise<Org> => {
    const { id, api_key: key } = await call<{ id: string; api_key: string }>("POST", "/orgs/", { name });
    return { id, key };
  };
  const seller = await org("Seller");
  const buyer = await org("Buyer");
  await call("POST", `/orgs/${buyer.id}/topup`, { amount: 1 });

  const register = (fields: object) => call<{ id: string; slug: string }>("POST", "/agents/", fields, seller.key);
  // A website, by its manifest: its intents and the steps of its flows are what is sold.
  const foodpanda = await register({
    protocol: "site",
    url: site.url,
    name: "FoodPanda",
    price_per_task: 0.02,
    prices: {
      search_dishes: 0,
      order_food__start: 0.001,
      order_food__add_dish: 0.001,
      order_food__set_delivery: 0.001,
    },
  });
  await call(
    "PUT",
    `/agents/${foodpanda.id}/credentials`,
    { type: "header", name: "X-API-Key", value: demoKey },
    seller.key,
  );
  const agents = {
    foodpanda,
    // An MCP server: its tools.
    sommelier: await register({
      protocol: "mcp",
      url: sommelier.url,
      name: "Sommelier",
      tools: { prices: { recommend_drink: "0.002" } },
    }),
    // An A2A agent, by its card.
    courier: await register({
      protocol: "a2a",
      url: courier.url,
      name: "Courier",
      price_per_task: 0.02,
      prices: { show: 0.01 },
    }),
  };
  // What the buyer's agents are shown; by default it would be the buyer's own.
  const toolset = Object.values(agents).map(({ id }) => ({ agent: id }));
  await call("PUT", `/orgs/${buyer.id}/toolset`, toolset, buyer.key);
  return {
    ...{ url: server.url, buyer, seller, agents, call },
    async close() {
      await server.stop();
      await Promise.all([site.close(), sommelier.close(), courier.close()]);
    },
  };
}
