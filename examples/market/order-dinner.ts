import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Market } from "./market.ts";

const euros = (amount: number) => `€${amount.toFixed(2)}`;

interface Dish {
  id: string;
  name: string;
  price: number;
  portions_left: number;
}

interface Quote {
  total: number;
  eta_minutes: number;
}

/** What a step of a flow answers, beside where the flow stands then. */
interface Step<Result> {
  result: Result;
}

interface ToolResult {
  content: { text?: string }[];
  isError?: boolean;
  structuredContent?: unknown;
  _meta?: { "dev.agentgate/receipt"?: { amount: string } };
}

/** Orders dinner by the tools of the gateway, as a model would call them, and says what it does and what each call cost. */
export async function orderDinner({ url, buyer, agents }: Market, say: (line: string) => void): Promise<void> {
  const client = new Client(
    { name: "dinner-agent", version: "1.0.0" },
    { versionNegotiation: { mode: "auto" }, capabilities: { elicitation: { form: {} } } },
  );
  // Whoever runs the agent is asked before it does what cannot be undone; this one says yes.
  client.setRequestHandler("elicitation/create", async ({ params }) => {
    say(`  asked: ${params.message}`);
    return { action: "accept", content: { confirm: true } };
  });
  const headers = { authorization: `Bearer ${buyer.key}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }) as never);

  const { tools } = await client.listTools();
  say(`${tools.length} tools at ${url}/mcp`);
  for (const { name, description = "" } of tools) say(`  ${name}: ${description.split("\n").at(-1)}`);

  /** The tool's answer. @throws Error when it failed, which costs nothing */
  async function use<T>(name: string, args: Record<string, unknown>): Promise<T> {
    const result = (await client.callTool({ name, arguments: args })) as ToolResult;
    const [first] = result.content;
    if (result.isError) throw new Error(`${name}: ${first?.text}`);
    const receipt = result._meta?.["dev.agentgate/receipt"];
    say(`  ${name}: ${receipt ? `$${receipt.amount}` : "free"}`);
    return (result.structuredContent ?? first?.text) as T;
  }

  const food = (skill: string) => `${agents.foodpanda.slug}__${skill}`;
  say("Dinner for two");
  const [dish] = await use<Dish[]>(food("search_dishes"), { query: "ramen", vegetarian: true });
  if (!dish) throw new Error("There is no ramen today");
  say(`  ${dish.name}, ${euros(dish.price)}`);
  const { session_id } = await use<{ session_id: string }>(food("order_food__start"), {});
  await use(food("order_food__add_dish"), { session_id, dish_id: dish.id, portions: 2 });
  const address = { session_id, street: "Torstraße 1", postal_code: "10119" };
  const { result: quote } = await use<Step<Quote>>(food("order_food__set_delivery"), address);
  const order = { session_id, accepted_total: quote.total };
  const { result: placed } = await use<Step<{ total: number }>>(food("order_food__place_order"), order);
  say(`  ${euros(placed.total)}, in ${quote.eta_minutes} minutes`);
  const { drink } = await use<{ drink: string }>(`${agents.sommelier.slug}__recommend_drink`, { dish: dish.name });
  say(`  with ${drink}`);
  const note = `Two ${dish.name} for Torstraße 1; the bell does not ring`;
  say(`  ${await use<string>(`${agents.courier.slug}__show`, { message: note })}`);
  await client.close();
}
