import { createServer } from "node:http";
import { AgentApp, flow, none, SiteError, step } from "@agentgate/site";
import { toNodeHandler } from "@agentgate/site/node";
import { z } from "zod";

const PORT = Number(process.env.PORT ?? 9000);
/** Where people and agents reach it. */
const baseUrl = process.env.AGENT_URL ?? `http://127.0.0.1:${PORT}`;

const Product = z.object({ id: z.string(), name: z.string(), price: z.number().describe("US dollars") });
const products: z.infer<typeof Product>[] = [
  { id: "p1", name: "Green tea", price: 4.5 },
  { id: "p2", name: "Black tea", price: 3.9 },
  { id: "p3", name: "Teapot", price: 24 },
];

/** What agents can do, in terms of the functions that the site has. This is the part to change. */
const agents = new AgentApp({
  title: "__NAME__",
  description: "A shop of tea, for people and for agents",
  version: "0.1.0",
  baseUrl,
  // Whoever calls; `apiKey`, `bearer` and `oauth` ask who it is.
  auth: none(),
})
  .intent("search_products", {
    description: "Finds products by a word of their names",
    input: z.object({ query: z.string(), max_results: z.int().min(1).max(50).default(10) }),
    output: z.array(Product),
    handler: ({ query, max_results }) =>
      products.filter(({ name }) => name.toLowerCase().includes(query.toLowerCase())).slice(0, max_results),
  })
  .flow(
    flow("checkout", {
      description: "Puts a product into a cart and orders it",
      steps: {
        add_to_cart: step({
          entry: true,
          description: "Puts a product into the cart",
          input: z.object({ product_id: z.string(), quantity: z.int().min(1).max(100) }),
          output: z.object({ total: z.number() }),
          handler: ({ product_id, quantity }, { session }) => {
            const product = products.find(({ id }) => id === product_id);
            if (!product)
              throw new SiteError("unknown_product", "There is no such product. search_products finds some.");
            session.data.cart = { product_id, quantity };
            return { total: product.price * quantity };
          },
        }),
        place_order: step({
          after: "add_to_cart",
          description: "Orders what is in the cart",
          input: z.object({ address: z.string().min(1) }),
          output: z.object({ order_id: z.string() }),
          handler: (_order, { session }) => ({ order_id: `order-${session.id.slice(0, 8)}` }),
        }),
      },
    }),
  );

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>__NAME__</title><h1>__NAME__</h1>
<ul>${products.map(({ name, price }) => `<li>${name}, $${price.toFixed(2)}</li>`).join("")}</ul>`;

const forAgents = toNodeHandler(agents);
const server = createServer((request, response) => {
  // What is not for agents is the site, as it was.
  forAgents(request, response, () => {
    if (request.url === "/health") return response.setHeader("content-type", "application/json").end('{"status":"ok"}');
    response.writeHead(request.url === "/" ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
    return response.end(request.url === "/" ? page : "<h1>Not found</h1>");
  });
});

server.listen(PORT, "127.0.0.1", () => console.log(`__NAME__ listens on http://127.0.0.1:${PORT}`));
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
