import type { Agent, AgentsRoom, Found, TrackRecord } from "../../agents/index.ts";
import type { CallLogRoom } from "../../call-log/index.ts";
import { renderTimestamp } from "../../runtime/index.ts";
import type { AgentPage } from "./agent-page.ts";
import type { AgentView } from "./agent-view.ts";
import { MARKET_PAGE, type MarketPage, type MarketQuery } from "./marketplace-page.ts";

export interface PublicDirectoryOptions {
  registry: Pick<AgentsRoom, "agents" | "search" | "reviews">;
  calls: Pick<CallLogRoom, "callStats">;
}

const TAGS_MAX = 40;
const REVIEWS_MAX = 10;
const STATS_DAYS = 30;

/** What anybody sees of agents, gathered for pages: who has no key sees public agents alone. */
export class PublicDirectory {
  readonly #options: PublicDirectoryOptions;

  constructor(options: PublicDirectoryOptions) {
    this.#options = options;
  }

  async newest(count: number): Promise<AgentView[]> {
    const { search } = this.#options.registry;
    return this.#views((await search.search({ tags: [], sort: "newest", limit: count, offset: 0 })).found);
  }

  async market(query: MarketQuery): Promise<MarketPage> {
    const { search } = this.#options.registry;
    const { q, tag, sort, page } = query;
    const place = { sort, limit: MARKET_PAGE, offset: (page - 1) * MARKET_PAGE };
    const [{ found, total, totalIsExact, hasMore }, { tags }] = await Promise.all([
      search.search({ ...(q && { q }), tags: tag ? [tag] : [], ...place }),
      search.tags({ limit: TAGS_MAX }),
    ]);
    return { query, agents: await this.#views(found), total, totalIsExact, hasMore, tags };
  }

  /** @throws Problem 404 for one that not everybody sees, as for one that is not there */
  async agent(id: string, url: string): Promise<AgentPage> {
    const { registry, calls } = this.#options;
    const agent = await registry.agents.get(id, undefined);
    const [{ avg_rating, review_count }, reviews, record, looks] = await Promise.all([
      registry.reviews.stats(id),
      registry.reviews.list(id, { limit: REVIEWS_MAX, offset: 0 }),
      calls.callStats.ofAgent(id, STATS_DAYS),
      registry.search.records([id]),
    ]);
    const rating = { average: avg_rating, count: review_count };
    return {
      url,
      agent: viewOf(agent, rating, { ...record, health: looks.get(id)?.health ?? "unknown" }),
      skills: agent.skills.flatMap(toSkill),
      reviews: reviews.map(({ createdAt, ...review }) => ({ ...review, day: renderTimestamp(createdAt).slice(0, 10) })),
    };
  }

  async #views(found: Found["found"]): Promise<AgentView[]> {
    const records = await this.#options.registry.search.records(found.map(({ agent }) => agent.id));
    return found.map(({ agent, rating }) => viewOf(agent, rating, records.get(agent.id)));
  }
}

/** Skills are as their owner has written them. */
function toSkill(skill: Record<string, unknown>): AgentPage["skills"] {
  const { id, name, description } = skill;
  if (typeof id !== "string") return [];
  const text = (given: unknown, otherwise: string) => (typeof given === "string" ? given : otherwise);
  return [{ id, name: text(name, id), description: text(description, "") }];
}

type Done = Pick<TrackRecord, "health" | "calls" | "errors" | "p50Ms">;

const viewOf = (agent: Agent, rating: AgentView["rating"], done: Done | undefined): AgentView => ({
  id: agent.id,
  name: agent.name,
  version: agent.version,
  description: agent.description,
  tags: agent.tags,
  protocol: agent.protocol === "a2a" ? "A2A" : agent.protocol,
  price: agent.pricePerTask,
  rating,
  isHealthy: done === undefined || done.health === "unknown" ? undefined : done.health === "healthy",
  calls: done && done.calls > 0 ? { ok: done.calls - done.errors, all: done.calls, p50Ms: done.p50Ms } : undefined,
});
