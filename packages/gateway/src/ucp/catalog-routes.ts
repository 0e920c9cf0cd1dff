import { MICRO_DOLLARS_MAX, type MicroDollars } from "@agentgate/protocol";
import { z } from "zod";
import { actions } from "../access/index.ts";
import { numeric, type RouteDefinition, text } from "../http/index.ts";
import type { Buyers } from "./buyer.ts";
import type { Catalog } from "./catalog.ts";
import { envelope, errorResponse, unrecoverable } from "./envelope.ts";
import type { Negotiation } from "./negotiation.ts";
import { CATEGORY } from "./product.ts";
import { refusal } from "./refusal.ts";
import { UCP_BASE, ucpRoute } from "./ucp-route.ts";
import { wireEnvelope, wireError, wireNotice } from "./wire.ts";

const LIMIT_MAX = 100;
const IDS_MAX = 50;
const WORDS_MAX = 8;
const MICROS_PER_CENT = 10_000n;

const cents = numeric(z.int().min(0).max(Number.MAX_SAFE_INTEGER)).describe("Cents");
const filters = z.object({
  categories: z.array(text().max(255)).max(20).optional(),
  price: z.object({ min: cents.optional(), max: cents.optional() }).optional(),
});
type Filters = z.output<typeof filters>;
const context = { context: z.record(z.string(), z.unknown()).optional() };

const CURSOR = /^[A-Za-z0-9_-]{1,64}$/;
const cursor = z
  .string()
  .regex(CURSOR, { error: "Take the cursor from the page before" })
  .transform((token) => Buffer.from(token, "base64url").toString("latin1"))
  .refine((place) => /^\d{1,18}-\d{1,18}$/.test(place), { error: "Take the cursor from the page before" });
const toCursor = (place: string) => Buffer.from(place, "latin1").toString("base64url");

const search = z
  .object({
    query: text().max(500).optional(),
    filters: filters.optional(),
    pagination: z
      .object({
        cursor: cursor.optional(),
        limit: numeric(z.int().min(1)).default(10).describe(`At most ${LIMIT_MAX}`),
      })
      .optional(),
    ...context,
  })
  .refine(({ query, filters }) => query !== undefined || filters !== undefined, {
    error: "Say what to look for: query, filters or both",
  })
  .meta({ id: "UcpCatalogSearch" });

const lookup = z
  .object({ ids: z.array(text().max(128)).min(1), filters: filters.optional(), ...context })
  .meta({ id: "UcpCatalogLookup" });

const product = z
  .object({ id: text().max(128), filters: filters.optional(), ...context })
  .meta({ id: "UcpProductRequest" });

const price = z.object({ amount: z.int(), currency: z.string() });
const wireProduct = z
  .looseObject({
    id: z.string(),
    title: z.string(),
    description: z.looseObject({}),
    price_range: z.object({ min: price, max: price }),
    variants: z.array(z.looseObject({ id: z.string(), title: z.string(), price })),
  })
  .meta({ id: "UcpProduct", description: "An agent; its variant is what a checkout takes as `item.id`" });
const wireFound = z
  .looseObject({
    ucp: wireEnvelope,
    products: z.array(wireProduct),
    pagination: z.object({ has_next_page: z.boolean(), cursor: z.string().optional() }),
  })
  .meta({ id: "UcpProductPage" });
const wireProducts = z
  .looseObject({ ucp: wireEnvelope, products: z.array(wireProduct), messages: z.array(wireNotice).optional() })
  .meta({ id: "UcpProducts" });
const wireOneProduct = z.looseObject({ ucp: wireEnvelope, product: wireProduct }).meta({ id: "UcpProductDetail" });

/** The catalog's three operations (ucp.dev, shopping, catalog). */
export function catalogRoutes(
  catalog: Catalog,
  negotiation: Negotiation,
  buyers: Pick<Buyers, "viewerOf">,
): RouteDefinition[] {
  return [
    ucpRoute({
      method: "POST",
      path: `${UCP_BASE}/catalog/search`,
      action: actions.readCatalog,
      operationId: "searchCatalog",
      summary: "Search the agents that are for sale",
      description:
        "Products that match all words of `query` and the `filters`, newest first. A page may be short while `has_next_page` says that " +
        "the list goes on.",
      body: search,
      keepBodyText: true,
      bodyExample: { query: "translate", filters: { price: { max: 500 } }, pagination: { limit: 10 } },
      responses: {
        200: {
          description: "Products, of which none is no error; or that there is nothing in common",
          schema: z.union([wireFound, wireError]),
        },
      },
      handler: async ({ body, bodyText, request }) => {
        const agreed = await negotiation.of(request, "catalog.search", bodyText);
        if ("refused" in agreed) return agreed.refused;
        const { cursor: after, limit = 10 } = body.pagination ?? {};
        const words = (body.query ?? "").split(/\s+/).filter(Boolean).slice(0, WORDS_MAX);
        const page = { limit: Math.min(limit, LIMIT_MAX), after };
        const { products, next } = await catalog.search(
          { words, ...saleFilter(body.filters) },
          page,
          await buyers.viewerOf(request),
        );
        const pagination =
          next === undefined ? { has_next_page: false } : { has_next_page: true, cursor: toCursor(next) };
        return { ucp: envelope(agreed), products, pagination };
      },
    }),
    ucpRoute({
      method: "POST",
      path: `${UCP_BASE}/catalog/lookup`,
      action: actions.readCatalog,
      operationId: "findProducts",
      summary: "Look products up by their ids",
      description: `Takes ids of products and of variants, at most ${IDS_MAX}. What is not there is told in \`messages\`.`,
      body: lookup,
      keepBodyText: true,
      bodyExample: { ids: ["agent_6f0a2a0e-5f0b-4d0a-9c3e-3b1d2c4e5f60"] },
      responses: {
        200: {
          description: "The products that there are, or that there is nothing in common",
          schema: z.union([wireProducts, wireError]),
        },
      },
      handler: async ({ body, bodyText, request }) => {
        const agreed = await negotiation.of(request, "catalog.lookup", bodyText);
        if ("refused" in agreed) return agreed.refused;
        const { ids } = body;
        if (ids.length > IDS_MAX) throw refusal(400, "request_too_large", `Look up at most ${IDS_MAX} ids at once`);
        const { products, missing } = await catalog.lookup(
          ids,
          saleFilter(body.filters),
          await buyers.viewerOf(request),
        );
        const messages = missing.map((id) => ({
          type: "info" as const,
          code: "not_found",
          content: `Nothing for sale has the id ${id}`,
        }));
        return { ucp: envelope(agreed), products, ...(messages.length > 0 && { messages }) };
      },
    }),
    ucpRoute({
      method: "POST",
      path: `${UCP_BASE}/catalog/product`,
      action: actions.readCatalog,
      operationId: "getProduct",
      summary: "Get one product",
      description: "Takes the id of a product or of its variant.",
      body: product,
      keepBodyText: true,
      bodyExample: { id: "agent_6f0a2a0e-5f0b-4d0a-9c3e-3b1d2c4e5f60" },
      responses: {
        200: { description: "The product, or that there is none", schema: z.union([wireOneProduct, wireError]) },
      },
      handler: async ({ body, bodyText, request }) => {
        const agreed = await negotiation.of(request, "catalog.lookup", bodyText);
        if ("refused" in agreed) return agreed.refused;
        const found = await catalog.product(body.id, saleFilter(body.filters), await buyers.viewerOf(request));
        if (found) return { ucp: envelope(agreed), product: found };
        return errorResponse(agreed, unrecoverable("not_found", `Nothing for sale has the id ${body.id}`));
      },
    }),
  ];
}

/** Prices are of an item; a task costs no more than it does, and of what costs a fraction of a cent a pack is sold. */
function saleFilter({ categories, price }: Filters = {}) {
  const isAll = categories?.includes(CATEGORY);
  return {
    ...(categories && !isAll && { categories }),
    ...(price && {
      price: {
        ...(price.min !== undefined && price.min > 1 && { min: microsOf(price.min) }),
        ...(price.max !== undefined && { max: microsOf(price.max) }),
      },
    }),
  };
}

/** What costs more than any agent can is asked for by the same limit. */
const microsOf = (cents: number): MicroDollars => {
  const micros = BigInt(cents) * MICROS_PER_CENT;
  return micros > MICRO_DOLLARS_MAX ? MICRO_DOLLARS_MAX + 1n : micros;
};
