import { AgentClient, IntentError, StepError, StepTransitionError } from "@agentgate/client";
import type { FoodpandaSite } from "./site.ts";

const euros = (amount: number) => `€${amount.toFixed(2)}`;

/** Discovers the site at `url` and orders ramen for three, saying what it does. */
export async function orderDinner(url: string, apiKey: string, say: (line: string) => void): Promise<void> {
  const client = new AgentClient({ agentId: "dinner-agent", apiKey });

  say(`Discovering ${url}`);
  const site = await client.discover<FoodpandaSite>(url);
  say(`  ${site}`);
  for (const intent of site.manifest.intents) say(`  intent ${intent.name}: ${intent.description}`);
  for (const flow of site.manifest.flows) say(`  flow ${flow.name} (${flow.orchestration}): ${flow.description}`);

  say("Searching for ramen");
  const dishes = await site.intents.search_dishes({ query: "ramen" });
  for (const dish of dishes)
    say(`  ${dish.name}, ${dish.restaurant}: ${euros(dish.price)}, ${dish.portions_left} left`);
  const favourite = dishes.find((dish) => dish.vegetarian);
  const other = dishes.find((dish) => !dish.vegetarian);
  if (!favourite || !other) throw new IntentError("nothing_found", "There is no ramen today");

  say("Ordering");
  const order = await site.flows.order_food.start();
  try {
    await order.step("place_order", { accepted_total: 0 });
  } catch (error) {
    if (!StepTransitionError.isInstance(error)) throw error;
    say(`  Too early to place the order; the site allows: ${error.allowed.join(", ")}`);
  }
  let portions = 3;
  try {
    await order.step("add_dish", { dish_id: favourite.id, portions });
  } catch (error) {
    if (!StepError.isInstance(error) || error.code !== "out_of_stock") throw error;
    say(`  ${error.message}`);
    portions = favourite.portions_left;
    await order.step("add_dish", { dish_id: favourite.id, portions });
  }
  await order.step("add_dish", { dish_id: other.id, portions: 3 - portions });
  say(`  ${portions} × ${favourite.name}, ${3 - portions} × ${other.name}`);
  const quote = await order.step("set_delivery", { street: "Torstraße 1", postal_code: "10119" });
  say(`  ${euros(quote.items)} and ${euros(quote.delivery)} delivery, in ${quote.eta_minutes} minutes`);
  const placed = await order.step("place_order", { accepted_total: quote.total });
  say(`  Placed: ${euros(placed.total)}, order ${placed.order_id}; flow complete: ${order.isComplete}`);

  say("Tracking");
  const { tracking_id } = await site.flows.track_order.steps.initiate({ order_id: placed.order_id });
  const { status, minutes_left } = await site.flows.track_order.steps.get_status({ tracking_id });
  say(`  ${status}, ${minutes_left} minutes left`);
}
