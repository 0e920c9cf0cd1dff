import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { actions, demandUse, may, orgOf, scopeOf, subjectOf } from "../access/index.ts";
import {
  bearerKey,
  idParams,
  invalidApiKey,
  notFound,
  numeric,
  type Principal,
  Problem,
  paging,
  type RouteDefinition,
  route,
  text,
  withDefault,
} from "../http/index.ts";
import { hashKey, type NetworkOf, plainAddress } from "../runtime/index.ts";
import type { Agent } from "./agent.ts";
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
  /** Whether the agent has done a task for this caller. */
  hasServed(agentId: string, caller: string): Promise<boolean>;
  /** What stands for such a caller. */
  networkOf: NetworkOf;
}

/** Reviews of agents (contract section 3). */
export function reviewRoutes(options: ReviewFaceOptions): RouteDefinition[] {
  const { registry, reviews, anonymous } = options;
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
        "One review per caller and agent: a second replaces the first. A caller reviews agents that have done a task for it, and none of its own; " +
        "the admin reviews any. Without a key, where the gateway allows that, the caller is its address, or the network of an IPv6 one; an " +
        "agent's own key is then one as well.",
      body: reviewBody,
      bodyExample: { rating: 5, comment: "Fast and right", reviewer: "Ann" },
      responses: {
        201: { description: "The review", schema: wireReview },
        403: { description: "The agent has done no task for the caller, or is the caller's own" },
        ...missing,
      },
      handler: async ({ params, body, caller, request }) => {
        const agent = await registry.see(params.id, caller);
        const author = authorOf(caller, request, agent, options);
        if (!agent) throw notFound("Agent");
        if (agent.orgId !== null && orgOf(caller) === agent.orgId) {
          throw new Problem(403, "An organization may not review its own agent", { code: "own_agent" });
        }
        if (author.served !== undefined && !(await options.hasServed(agent.id, author.served))) throw notServed();
        return toWireReview(await reviews.put(agent.id, author.name, body));
      },
    }),
    route({
      ...common,
      method: "GET",
      path: "/agents/{id}/reviews",
      action: actions.readReviews,
      operationId: "listReviews",
      summary: "List an agent's reviews, newest first",
      description: "Whoever sees the agent may read them.",
      query: z.object(paging({ default: 50, max: 200 })),
      responses: { 200: { description: "Reviews", schema: z.array(wireReview) }, ...missing },
      handler: async ({ params, query, caller }) => {
        const agent = await registry.get(params.id, caller);
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
      handler: async ({ params, caller }) => {
        const agent = await registry.get(params.id, caller);
        return { agent_id: agent.id, agent_name: agent.name, ...(await reviews.stats(agent.id)) };
      },
    }),
  ];
}

interface Author {
  /** Of whom there is one review. */
  name: string;
  /** Under which name the agent has done a task for it; undefined for the admin, who needs none. */
  served?: string;
}

/** Whose review it is. @throws Problem 401 for a key that nobody has: its owner did not mean to be anonymous. */
function authorOf(
  caller: Principal | undefined,
  { headers, ip }: FastifyRequest,
  agent: Agent | undefined,
  { networkOf }: ReviewFaceOptions,
): Author {
  if (may(caller, actions.writeAnyReviews)) return { name: subjectOf(caller!) };
  // Who needs no key may still not show one that was made for something else.
  if (caller) demandUse(caller, actions.writeReviews, ip);
  if (caller) return { name: subjectOf(caller), served: scopeOf(caller) };
  const bearer = bearerKey(headers.authorization);
  if (bearer !== undefined && agent?.keyHash === hashKey(bearer)) return sameName(`key:${agent.keyHash}`);
  if (headers.authorization !== undefined) throw invalidApiKey();
  return sameName(`ip:${networkOf(plainAddress(ip))}`);
}

const sameName = (name: string): Author => ({ name, served: name });

const notServed = () =>
  new Problem(
    403,
    "This agent has done no task for you yet: have it do one, with the key that you review with, and review it then",
    { code: "no_task" },
  );
