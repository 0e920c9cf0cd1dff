import { microDollarsToJson } from "@agentgate/protocol";
import { z } from "zod";
import { actions, may } from "../access/index.ts";
import { byCaller } from "../audit/index.ts";
import {
  idParams,
  linkNext,
  money,
  notFound,
  numeric,
  type Principal,
  paging,
  type RouteDefinition,
  route,
  text,
  uuid,
} from "../http/index.ts";
import { type Agent, agentProtocols, toWireAgent, toWireChanged, toWireSearchItem } from "./agent.ts";
import { agentAfter } from "./agent-list.ts";
import type { Approvals } from "./approval/approvals.ts";
import { toWireProposal } from "./approval/wire.ts";
import type { Facets } from "./facets.ts";
import {
  agentCreation,
  agentUpdate,
  agentsTag as tag,
  wireAgent,
  wireChangedAgent,
  wireRegisteredAgent,
  wireSearchItem,
  wireShownAgent,
  wireSingleAgent,
} from "./fields.ts";
import { skippedTools, toWireServerTerms } from "./mcp/fields.ts";
import { sorts } from "./page.ts";
import type { AgentRegistry } from "./registry.ts";
import type { AgentSearch } from "./search.ts";

const LIST_MAX = 1000;
const TAGS_MAX = 10_000;
/** What a list says of itself beside its array. */
const PAGED = '`Link` with `rel="next"` says where it goes on; a page of large agents ends before its `limit`.';

const listQuery = z.object({
  skill: text().max(255).optional().describe("Part of a skill's id or name, any case"),
  tag: text().max(64).optional().describe("A whole tag, any case"),
  ...paging({ default: 100, max: LIST_MAX, min: 0 }),
  after: agentAfter,
});
const searchQuery = z.object({
  q: text()
    .max(255)
    .optional()
    .describe(
      "Part of the name, description or a tag, any case; one or two characters are looked for where words begin",
    ),
  tags: text().max(1000).default("").describe("Comma-separated; an agent must carry them all"),
  skill: text().max(255).optional(),
  price_max: money().optional().describe("Dollars that everybody pays for a task, at most"),
  rating_min: numeric(z.number().min(0).max(5)).optional().describe("Agents without reviews have no rating"),
  protocol: z.enum(agentProtocols).optional(),
  health: z.enum(["healthy", "unhealthy"]).optional().describe("What the gateway's last look found"),
  sort: z
    .enum(sorts)
    .default("newest")
    .describe(
      "`price`: the cheapest first; `calls`: those called most in thirty days, which is counted every few minutes",
    ),
  facets: z
    .enum(["0", "1"])
    .default("0")
    .describe("`1`: also what those that match are like, the newest thousand of them"),
  ...paging({ default: 50, max: 200 }),
});
const ofOrg = uuid().optional().describe("Only agents of this organization");
const byNameParams = z.object({ name: text().min(1).max(255) });
const wireDifference = z
  .object({
    path: z
      .string()
      .describe(
        "JSON pointer into the card; of a site, the place in its manifest by names, such as `/flows/checkout/steps/pay/price`",
      ),
    before: z.unknown().optional().describe("Absent of what was added"),
    after: z.unknown().optional().describe("Absent of what was removed"),
    breaking: z.boolean().optional().describe("Of a site: whether callers of what was approved may fail"),
    message: z.string().optional().describe("Of a site: the same in a sentence"),
  })
  .meta({ id: "CardDifference" });
const wireRefresh = z
  .object({
    changed: z.boolean(),
    differences: z.array(wireDifference),
    digest: z
      .string()
      .optional()
      .describe(
        "Of an MCP server's tools as they were found, or of what a website tells otherwise: to approve just that",
      ),
    skipped: skippedTools.optional(),
    agent: wireShownAgent,
  })
  .meta({ id: "CardRefresh" });
const wireTags = z
  .object({ tags: z.array(z.object({ name: z.string(), count: z.int() }).meta({ id: "TagCount" })) })
  .meta({ id: "TagList" });
const counted = z.array(z.object({ name: z.string(), count: z.int() }));
const wireFacets = z
  .object({
    agents: z.int().describe("Of how many agents they tell: 1,000 at most"),
    tags: counted.describe("The thirty that most of them carry"),
    protocols: z.object({ plain: z.int(), a2a: z.int(), mcp: z.int(), site: z.int() }),
    health: z.object({ healthy: z.int(), unhealthy: z.int(), unknown: z.int() }),
    prices: z
      .array(z.object({ max: z.number().nullable(), count: z.int() }))
      .describe("Ascending: more than the one before, and up to `max` dollars, null for no bound"),
    ratings: z.array(z.object({ min: z.number(), count: z.int() })).describe("Descending: those rated `min` or better"),
  })
  .meta({ id: "SearchFacets" });
const wireSearchPage = z
  .object({
    total: z.int().describe("How many match"),
    total_is_exact: z.boolean().describe("When false, at least so many match"),
    offset: z.int(),
    limit: z.int(),
    agents: z.array(wireSearchItem),
    facets: wireFacets.optional().describe("With `facets=1`"),
  })
  .meta({ id: "AgentSearchPage" });
const missing = { 404: { description: "No such agent" } };
const foreign = { ...missing, 403: { description: "The agent belongs to somebody else" } };
const badUrl = { 400: { description: "The URL is malformed or leads to a refused address" } };

/** Agents (contract section 3); their reviews and credentials have routes of their own. */
export function agentRoutes(registry: AgentRegistry, search: AgentSearch, approvals: Approvals): RouteDefinition[] {
  /** What waits of it, or was refused, and what was said of its server: its owner's business. */
  const proposed = async (agent: Agent, caller: Principal | undefined) =>
    may(caller, actions.inspectAgents, agent)
      ? { ...toWireProposal(await approvals.proposalOf(agent)), ...toWireServerTerms(await registry.serverOf(agent)) }
      : undefined;
  return [
    route({
      method: "POST",
      path: "/agents/",
      action: actions.writeAgents,
      tag,
      operationId: "registerAgent",
      summary: "Register an agent",
      description: "An organization's key registers the agent as its own; the admin may name any `org_id`, or none.",
      body: agentCreation,
      bodyExample: {
        name: "my-agent",
        description: "My awesome AI agent",
        url: "https://example.com/my-agent",
        version: "1.0.0",
        skills: [{ id: "chat", name: "Chat", description: "General conversation", price: 0.01 }],
        tags: ["demo"],
        price_per_task: 0.05,
      },
      responses: {
        201: { description: "The agent", schema: wireRegisteredAgent },
        ...badUrl,
        403: { description: "The organization's tier allows no more agents" },
        404: { description: "No such organization" },
        422: {
          description:
            "A field is wrong; or the MCP server wants a `credential`, or is reached in another way than over HTTP",
        },
        424: { description: "The MCP server cannot be reached" },
      },
      handler: async ({ body, caller, request }) =>
        toWireChanged(await registry.register(body, byCaller(caller, request)), caller),
    }),
    route({
      method: "GET",
      path: "/agents/",
      action: actions.readAgents,
      tag,
      operationId: "listAgents",
      summary: "List agents, newest first",
      description: `Those that the caller sees. ${PAGED}`,
      query: listQuery,
      responses: { 200: { description: "Agents", schema: z.array(wireAgent) } },
      handler: async ({ query, caller, request, reply }) => {
        const { agents, next } = await search.list(query, caller);
        if (next !== undefined) linkNext(request, reply, { after: next, offset: undefined });
        return agents.map((agent) => toWireAgent(agent, caller));
      },
    }),
    route({
      method: "GET",
      path: "/agents/tags",
      action: actions.readDirectory,
      tag,
      operationId: "listTags",
      summary: "List the tags in use",
      description: "In the order of their names, with how many agents carry each, of those that the caller sees.",
      query: z.object({
        limit: paging({ default: 1000, max: TAGS_MAX }).limit,
        after: text().max(64).optional().describe("Tags behind this one"),
      }),
      responses: {
        200: {
          description: "Tags by name, with how many agents carry each",
          schema: wireTags,
        },
      },
      handler: async ({ query, caller, request, reply }) => {
        const { tags, hasMore } = await search.tags(query, caller);
        if (hasMore) linkNext(request, reply, { after: tags.at(-1)!.name });
        return { tags };
      },
    }),
    route({
      method: "GET",
      path: "/agents/search",
      action: actions.readDirectory,
      tag,
      operationId: "searchAgents",
      summary: "Search agents",
      description: "By text, tags and skill, among what the caller sees; what is found comes with its rating.",
      query: searchQuery,
      responses: {
        200: {
          description:
            "A page of what was found; of a search by text, skill or tags, the first 1,000 agents can be paged through",
          schema: wireSearchPage,
        },
      },
      handler: async ({ query, caller, request, reply }) => {
        const tags = query.tags
          .split(",")
          .map((name) => name.trim())
          .filter(Boolean);
        const { price_max: priceMax, rating_min: ratingMin, protocol, health } = query;
        const filter = { q: query.q, skill: query.skill, tags, filters: { priceMax, ratingMin, protocol, health } };
        const { offset, limit, sort } = query;
        const { total, totalIsExact, found, hasMore } = await search.search({ ...filter, sort, limit, offset }, caller);
        const [records, facets] = await Promise.all([
          search.records(found.map(({ agent }) => agent.id)),
          query.facets === "1" ? search.facets(filter, caller) : undefined,
        ]);
        if (hasMore && found.length > 0) linkNext(request, reply, { offset: `${offset + found.length}` });
        const agents = found.map(({ agent, rating }) => toWireSearchItem(agent, rating, records.get(agent.id)));
        const page = { total, total_is_exact: totalIsExact, offset, limit, agents };
        return facets ? { ...page, facets: toWireFacets(facets) } : page;
      },
    }),
    route({
      method: "GET",
      path: "/agents/by-name/{name}",
      action: actions.readAgents,
      tag,
      operationId: "getAgentsByName",
      summary: "Find the agents of a name",
      description: `Anybody may give an agent this name: \`org_id\` says whose is meant. ${PAGED}`,
      params: byNameParams,
      query: z.object({
        version: text().max(50).optional(),
        org_id: ofOrg,
        ...paging({ default: 100, max: LIST_MAX }),
        after: agentAfter,
      }),
      responses: { 200: { description: "Agents of this name, newest first", schema: z.array(wireAgent) }, ...missing },
      handler: async ({ params, query, caller, request, reply }) => {
        const { org_id: orgId, ...page } = query;
        const { agents, next } = await search.byName(params.name, { orgId, ...page }, caller);
        if (agents.length === 0 && query.after === undefined) throw notFound("Agent");
        if (next !== undefined) linkNext(request, reply, { after: next, offset: undefined });
        return agents.map((agent) => toWireAgent(agent, caller));
      },
    }),
    route({
      method: "GET",
      path: "/agents/by-name/{name}/latest",
      action: actions.readAgents,
      tag,
      operationId: "getLatestAgent",
      summary: "Find the agent of a name that was registered last",
      description:
        "By whomever: without `org_id`, anybody who registers an agent of this name becomes the answer. Programs that mean " +
        "somebody's agent name the organization, or the agent's id.",
      params: byNameParams,
      query: z.object({ org_id: ofOrg }),
      responses: { 200: { description: "The agent", schema: wireAgent }, ...missing },
      handler: async ({ params, query, caller }) => {
        const { agents } = await search.byName(params.name, { limit: 1, orgId: query.org_id }, caller);
        if (!agents[0]) throw notFound("Agent");
        return toWireAgent(agents[0], caller);
      },
    }),
    route({
      method: "GET",
      path: "/agents/{id}",
      action: actions.readAgents,
      tag,
      operationId: "getAgent",
      summary: "Get an agent",
      description:
        "Everybody who sees the agent sees the same, but for the price, which may have been granted, and `webhook_url` and what was decided of " +
        "it or waits for approval, which are its owner's.",
      params: idParams,
      responses: { 200: { description: "The agent", schema: wireSingleAgent }, ...missing },
      handler: async ({ params, caller }) => {
        const agent = await registry.get(params.id, caller);
        return { ...toWireAgent(agent, caller), ...(await proposed(agent, caller)) };
      },
    }),
    route({
      method: "PUT",
      path: "/agents/{id}",
      action: actions.writeAgents,
      tag,
      operationId: "updateAgent",
      summary: "Change an agent",
      description:
        "Absent and null fields stay as they are; an empty `webhook_url` or `agent_api_key` clears it. Where changes need approval, the " +
        "agent serves as it was, and `pending` shows what waits.",
      params: idParams,
      body: agentUpdate,
      bodyExample: { description: "An even better agent", version: "1.1.0" },
      responses: {
        200: { description: "The agent as it is now", schema: wireChangedAgent },
        ...badUrl,
        ...foreign,
        409: { description: "The gateway runs the agent itself, and would no longer call it there" },
      },
      handler: async ({ params, body, caller, request }) => {
        const agent = await registry.update(params.id, body, byCaller(caller, request));
        return { ...toWireChanged(agent, caller), ...(await proposed(agent, caller)) };
      },
    }),
    route({
      method: "POST",
      path: "/agents/{id}/refresh",
      action: actions.writeAgents,
      tag,
      operationId: "refreshAgent",
      summary: "Fetch an agent's card, a site's manifest or a server's tools anew",
      description:
        "Tells what changed in the card, or in the manifest of a website, and applies it: fields that still say what the old one said follow the new " +
        "one. What a site changes waits for this: until then a changed call is not made. Of an MCP server it tells what its tools say otherwise than " +
        "they were approved, as `/tools/{name}/…`, and approves that; where changes need approval, only the admin's key does.",
      params: idParams,
      query: z.object({
        dry_run: z.enum(["true", "false"]).default("false").describe("`true` only shows the changes"),
        digest: text()
          .max(64)
          .optional()
          .describe("Of an MCP server or a website, as a look before has told it: applies nothing else"),
      }),
      responses: {
        200: {
          description: "What changed, and the agent as it is now",
          schema: wireRefresh,
        },
        400: { description: "The card or manifest cannot be fetched or understood" },
        409: { description: "The agent has moved meanwhile, or its tools are not those of the `digest`" },
        422: { description: "The MCP server refuses to be looked at" },
        424: { description: "The MCP server or site does not answer" },
        ...foreign,
      },
      handler: async ({ params, query, caller, request }) => {
        const terms = { apply: query.dry_run !== "true", digest: query.digest };
        const { agent, differences, digest, skipped } = await registry.refresh(
          params.id,
          byCaller(caller, request),
          terms,
        );
        const shown = { ...toWireAgent(agent, caller), ...(await proposed(agent, caller)) };
        return {
          changed: differences.length > 0,
          differences,
          ...(digest !== undefined && { digest, skipped }),
          agent: shown,
        };
      },
    }),
    route({
      method: "DELETE",
      path: "/agents/{id}",
      action: actions.writeAgents,
      tag,
      operationId: "deleteAgent",
      summary: "Delete an agent",
      description: "No task reaches it any more; what it earned stays in its owner's wallet.",
      params: idParams,
      responses: { 204: { description: "Gone; its logs stay" }, ...foreign },
      handler: async ({ params, caller, request }) => registry.remove(params.id, byCaller(caller, request)),
    }),
  ];
}

const toWireFacets = ({ prices, ...facets }: Facets) => ({
  ...facets,
  prices: prices.map(({ max, count }) => ({ max: max === undefined ? null : microDollarsToJson(max), count })),
});
