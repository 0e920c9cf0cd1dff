import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { actions, orgOf, subjectOf } from "../access/index.ts";
import {
  idParams,
  invalidApiKey,
  numeric,
  type Principal,
  Problem,
  paging,
  type RouteDefinition,
  route,
  text,
  withDefault,
} from "../http/index.ts";
import { type NetworkOf, plainAddress } from "../runtime/index.ts";
import type { AgentRegistry } from "./registry.ts";
import { type Reviews, toWireReview } from "./reviews.ts";

const tag = { name: "Reviews", description: "What callers think of agents" };

const reviewBody = z
  .object({
    rating: numeric(z.int().min(1).max(5)),
    comment: withDefault(text().max(5000), ""),
    reviewer: withDefault(text().min(1).max(255), "anonymous"),
  })
  .meta({ id: "NewReview" });
const wireReview = z
  .object({
    id: z.uuid(),
    agent_id: z.uuid(),
    rating: z.int(),
    comment: z.string(),
    reviewer: z.string(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: "Review" });
const wireStats = z
  .object({
    agent_id: z.uuid(),
    agent_name: z.string(),
    review_count: z.int(),
    avg_rating: z.number().nullable(),
    distribution: z.object({ "1": z.int(), "2": z.int(), "3": z.int(), "4": z.int(), "5": z.int() }),
  })
  .meta({ id: "ReviewStats" });
const missing = { 404: { description: "No such agent" } };

export interface ReviewFaceOptions {
  registry: AgentRegistry;
  reviews: Reviews;
  /** Whether callers without a key may review, once per address and agent. */
  anonymous: boolean;
  /** What stands for such a caller. */
  networkOf: NetworkOf;
}

/** Reviews of agents (contract section 3). */
export function reviewRoutes({ registry, reviews, anonymous, networkOf }: ReviewFaceOptions): RouteDefinition[] {
  const common = { tag, params: idParams } as const;
  return [
    route({
      ...common,
      method: "POST",
      path: "/agents/{id}/reviews",
      action: anonymous ? actions.writeAnonymousReviews : actions.writeReviews,
      operationId: "reviewAgent",
      summary: "Review an agent",
      description:
        "One review per caller and agent: a second replaces the first. Nobody reviews an agent of its own. Without a key, where the gateway allows that, the " +
        "caller is its address, or the network of an IPv6 one.",
      body: reviewBody,
      bodyExample: { rating: 5, comment: "Fast and right", reviewer: "Ann" },
      responses: {
        201: { description: "The review", schema: wireReview },
        403: { description: "The agent is the caller's own" },
        ...missing,
      },
      handler: async ({ params, body, caller, request }) => {
        const author = authorOf(caller, request, networkOf);
        const agent = await registry.get(params.id);
        if (agent.orgId !== null && orgOf(caller) === agent.orgId) {
          throw new Problem(403, "An organization may not review its own agent", { code: "own_agent" });
        }
        return toWireReview(await reviews.put(agent.id, author, body));
      },
    }),
    route({
      ...common,
      method: "GET",
      path: "/agents/{id}/reviews",
      action: actions.readReviews,
      operationId: "listReviews",
      summary: "List an agent's reviews, newest first",
      description: "Everybody may read them.",
      query: z.object(paging({ default: 50, max: 200 })),
      responses: { 200: { description: "Reviews", schema: z.array(wireReview) }, ...missing },
      handler: async ({ params, query }) => {
        const agent = await registry.get(params.id);
        return (await reviews.list(agent.id, query)).map(toWireReview);
      },
    }),
    route({
      ...common,
      method: "GET",
      path: "/agents/{id}/reviews/stats",
      action: actions.readReviews,
      operationId: "getReviewStats",
      summary: "Summarize an agent's reviews",
      description: "Their mean, and how many stars were given how often.",
      responses: {
        200: {
          description: "How many reviews gave each rating",
          schema: wireStats,
        },
        ...missing,
      },
      handler: async ({ params }) => {
        const agent = await registry.get(params.id);
        return { agent_id: agent.id, agent_name: agent.name, ...(await reviews.stats(agent.id)) };
      },
    }),
  ];
}

/** Whose review it is. @throws Problem 401 for a key that nobody has: its owner did not mean to be anonymous. */
function authorOf(caller: Principal | undefined, { headers, ip }: FastifyRequest, networkOf: NetworkOf): string {
  if (caller) return subjectOf(caller);
  if (headers.authorization !== undefined) throw invalidApiKey();
  return `ip:${networkOf(plainAddress(ip))}`;
}
