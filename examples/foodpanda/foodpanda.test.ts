import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { AgentClient } from "@agentgate/client";
import { describe, expect, onTestFinished, test } from "vitest";
import { FoodShop } from "./food-shop.ts";
import { demoKey, type FoodpandaSite, foodpandaSite } from "./site.ts";

const program = (file: string, env: Record<string, string> = {}) => {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ["--conditions=agentgate-source", path], { env: { ...process.env, ...env } });
  onTestFinished(() => void child.kill());
  let printed = "";
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (printed += text));
  return { child, ended, printed: () => printed };
};

const orderedEndToEnd = /Placed: €42\.70, order \S+; flow complete: true\nTracking\n {2}cooking, 20 minutes left\n$/;

test("the example orders dinner end to end", async () => {
  const run = program("main.ts");
  expect(await run.ended).toBe(0);
  expect(run.printed()).toContain(
    "<DiscoveredSite 'FoodPanda' intents=['search_dishes'] flows=['order_food', 'track_order']>",
  );
  expect(run.printed()).toContain("Too early to place the order; the site allows: add_dish");
  expect(run.printed()).toMatch(orderedEndToEnd);
});

test("the site alone says how to use it, and the agent orders from it", async () => {
  const site = program("main-site.ts", { PORT: "0" });
  const url = await new Promise<string>((resolve) => {
    site.child.stdout.on("data", () => {
      const [, found] = /open to agents at (\S+).*Ctrl-C/s.exec(site.printed()) ?? [];
      if (found) resolve(found);
    });
  });
  const agent = program("main.ts", { FOODPANDA_URL: url });
  expect(await agent.ended).toBe(0);
  expect(agent.printed()).toMatch(orderedEndToEnd);
});

test("the agent says in one line that there is no site", async () => {
  const run = program("main.ts", { FOODPANDA_URL: "http://127.0.0.1:9" });
  expect(await run.ended).toBe(1);
  expect(run.printed()).toMatch(/^Discovering .*\nConnectionError: 127\.0\.0\.1:9 cannot be reached: .*\n$/);
});

describe("the shop's rules", () => {
  const address = { street: "Torstraße 1", postal_code: "10119" };

  async function openShop(now?: () => number) {
    const app = foodpandaSite(new FoodShop(now), "https://foodpanda.test");
    const client = new AgentClient({ apiKey: demoKey, fetch: (url, init) => app.fetch(new Request(url, init)) });
    return client.discover<FoodpandaSite>("https://foodpanda.test");
  }

  test("searching needs no key, ordering does", async () => {
    const app = foodpandaSite(new FoodShop(), "https://foodpanda.test");
    const client = new AgentClient({ fetch: (url, init) => app.fetch(new Request(url, init)) });
    const site = await client.discover<FoodpandaSite>("https://foodpanda.test");
    expect(await site.intents.search_dishes({ query: "ramen", vegetarian: true })).toMatchObject([
      { id: "ramen-miso", price: 13.9 },
    ]);
    await expect(site.flows.order_food.start()).rejects.toMatchObject({ code: "unauthorized" });
  });

  test("totals are exact; delivery is free from €40", async () => {
    const { flows } = await openShop();
    const order = await flows.order_food.start();
    await order.step("add_dish", { dish_id: "ramen-shoyu", portions: 2 });
    expect(await order.step("set_delivery", address)).toEqual({
      items: 29.8,
      delivery: 2.9,
      total: 32.7,
      eta_minutes: 20,
    });
    await order.step("add_dish", { dish_id: "ramen-shoyu" });
    expect(await order.step("set_delivery", address)).toMatchObject({ items: 44.7, delivery: 0, total: 44.7 });
    await expect(order.step("place_order", { accepted_total: 32.7 })).rejects.toMatchObject({ code: "total_changed" });
    expect(await order.step("place_order", { accepted_total: 44.7 })).toMatchObject({ total: 44.7 });
  });

  test.each([
    ["an unknown dish", "add_dish", { dish_id: "sushi" }, "dish_not_found"],
    ["a sold out dish", "add_dish", { dish_id: "margherita" }, "out_of_stock"],
    ["more than there is", "add_dish", { dish_id: "ramen-miso", portions: 3 }, "out_of_stock"],
    ["a quantity of nothing", "add_dish", { dish_id: "gyoza", portions: 0 }, "invalid_input"],
    ["delivery far away", "set_delivery", { street: "Main Street", postal_code: "99999" }, "not_delivered_there"],
    ["an order too small", "set_delivery", address, "below_minimum"],
  ] as const)("%s is refused, and the session stays usable", async (_, step, input, code) => {
    const { flows } = await openShop();
    const order = await flows.order_food.start();
    await order.step("add_dish", { dish_id: "gyoza" });
    await expect(order.step(step, input as never)).rejects.toMatchObject({ code });
    await order.step("add_dish", { dish_id: "ramen-shoyu" });
    expect((await order.step("set_delivery", address)).total).toBe(24.7);
  });

  test("the last portions are sold once, however many want them", async () => {
    const { flows, intents } = await openShop();
    const orders = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const order = await flows.order_food.start();
        await order.step("add_dish", { dish_id: "ramen-miso", portions: 2 });
        const { total } = await order.step("set_delivery", address);
        return { order, total };
      }),
    );
    const placed = await Promise.allSettled(
      orders.map(({ order, total }) => order.step("place_order", { accepted_total: total })),
    );
    expect(placed.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of placed) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "out_of_stock" });
    }
    expect(await intents.search_dishes({ query: "miso" })).toMatchObject([{ portions_left: 0 }]);
  });

  test("an order is cooked, brought and delivered", async () => {
    let minutes = 0;
    const { flows } = await openShop(() => minutes * 60_000);
    const order = await flows.order_food.start();
    await order.step("add_dish", { dish_id: "pho-bo", portions: 2 });
    const { total } = await order.step("set_delivery", address);
    const { order_id } = await order.step("place_order", { accepted_total: total });
    const { tracking_id } = await flows.track_order.steps.initiate({ order_id });
    const seen = [];
    for (minutes of [0, 12, 20, 60]) seen.push(await flows.track_order.steps.get_status({ tracking_id }));
    expect(seen).toEqual([
      { status: "cooking", minutes_left: 20 },
      { status: "on its way", minutes_left: 8 },
      { status: "delivered", minutes_left: 0 },
      { status: "delivered", minutes_left: 0 },
    ]);
    await expect(flows.track_order.steps.initiate({ order_id: "someone-elses" })).rejects.toMatchObject({
      code: "order_not_found",
    });
  });
});
