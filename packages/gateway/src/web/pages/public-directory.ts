import { skillIdOf } from "@agentgate/protocol";
import type { Agent, AgentsRoom, Facets, Found, TrackRecord } from "../../agents/index.ts";
import type { CallLogRoom, PublicDay } from "../../call-log/index.ts";
import type { CheckedDay, HealthRoom } from "../../health/index.ts";
import { type Clock, renderTimestamp } from "../../runtime/index.ts";
import type { AgentPage } from "./agent-page.ts";
import type { AgentView } from "./agent-view.ts";
import type { DayCount } from "./day-bars.ts";
import { type MarketQuery, marketPath } from "./market-query.ts";
import { MARKET_PAGE, type MarketPage } from "./marketplace-page.ts";
import { Recent } from "./recent.ts";

export interface PublicDirectoryOptions {
  registry: Pick<AgentsRoom, "agents" | "search" | "reviews" | "cards" | "skills">;
  calls: Pick<CallLogRoom, "callStats" | "publicDays">;
  checkDays: HealthRoom["checkDays"];
  clock: Clock;
}

const REVIEWS_MAX = 10;
const STATS_DAYS = 30;
const DAY_MS = 86_400_000;

/** What the page of the gateway's state shows. */
export interface StatusFacts {
  days: readonly PublicDay[];
  /** Those called most, with ninety days of pings. */
  agents: readonly AgentView[];
  total: number;
  /** Those that did not answer their last ping. */
  unwell: readonly AgentView[];
  page: number;
  hasMore: boolean;
}

/** What anybody sees of agents, gathered for pages: who has no key sees public agents alone. */
export class PublicDirectory {
  readonly #options: PublicDirectoryOptions;
  readonly #facets: Recent<Facets>;
  readonly #states: Recent<StatusFacts>;

  constructor(options: PublicDirectoryOptions) {
    this.#options = options;
    this.#facets = new Recent(options.clock);
    this.#states = new Recent(options.clock);
  }

  async newest(count: number): Promise<AgentView[]> {
    const { search } = this.#options.registry;
    return this.#views((await search.search({ tags: [], sort: "newest", limit: count, offset: 0 })).found);
  }

  async market(query: MarketQuery): Promise<MarketPage> {
    const { search } = this.#options.registry;
    const { q, tag, sort, page, filters } = query;
    const place = { sort, limit: MARKET_PAGE, offset: (page - 1) * MARKET_PAGE };
    const wanted = { ...(q && { q }), tags: tag ? [tag] : [], filters };
    const [{ found, ...counts }, facets] = await Promise.all([
      search.search({ ...wanted, ...place }),
      this.#facets.get(marketPath({ ...query, sort: "newest" }), () => search.facets(wanted)),
    ]);
    return { query, agents: await this.#views(found), ...counts, facets };
  }

  /** @throws Problem 404 for one that not everybody sees, as for one that is not there */
  async agent(id: string, url: string): Promise<Omit<AgentPage, "pingSeconds">> {
    const { registry, calls } = this.#options;
    const agent = await registry.agents.get(id, undefined);
    const [{ avg_rating, review_count, distribution }, reviews, record, looks, checks, card, rows] = await Promise.all([
      registry.reviews.stats(id),
      registry.reviews.list(id, { limit: REVIEWS_MAX, offset: 0 }),
      calls.callStats.ofAgent(id, STATS_DAYS),
      registry.search.records([id]),
      this.#checks([id], STATS_DAYS),
      registry.cards.find(id),
      isTooled(agent) ? registry.skills.of(id) : [],
    ]);
    const rating = { average: avg_rating, count: review_count };
    const done = { ...record, health: looks.get(id)?.health ?? "unknown" };
    const { lastSuccessAt } = record;
    return {
      url,
      agent: this.#viewOf(agent, rating, done, checks.get(id)),
      skills: agent.skills.flatMap((skill) => toSkill(skill, agent.prices)),
      tools: rows
        .filter(({ state }) => state === "live")
        .map(({ id, inputSchema, price }) => ({ id, inputSchema, price: price ?? agent.pricePerTask })),
      callDays: this.#callDays(record.days),
      p95Ms: record.p95Ms,
      lastSuccess: lastSuccessAt === null ? undefined : renderTimestamp(lastSuccessAt),
      since: dayOf(agent.createdAt),
      distribution,
      reviews: reviews.map(({ createdAt, ...review }) => ({ ...review, day: dayOf(createdAt) })),
      card: card && {
        provider: providerOf(card.card.rest),
        speaks: [...new Set(card.interfaces.map(({ binding, version }) => `${version} over ${binding}`))],
        streams: card.card.capabilities.streaming,
        takes: card.card.defaultInputModes,
        gives: card.card.defaultOutputModes,
        fetched: dayOf(card.fetchedAt),
      },
    };
  }

  /** The agent's own card as it was fetched; undefined where it has none. @throws Problem 404 as `agent` does */
  async upstreamCard(id: string): Promise<{ agent: Agent; original: string | undefined }> {
    const { agents, cards } = this.#options.registry;
    const agent = await agents.get(id, undefined);
    return { agent, original: (await cards.find(id))?.original };
  }

  /** As it was some seconds ago. */
  status(page: number): Promise<StatusFacts> {
    return this.#states.get(`${page}`, () => this.#status(page));
  }

  async #status(page: number): Promise<StatusFacts> {
    const { calls, registry } = this.#options;
    const search = (more: { sort: "calls" | "newest"; offset: number; filters?: MarketQuery["filters"] }) =>
      registry.search.search({ tags: [], limit: MARKET_PAGE, ...more });
    const [days, { found, total, hasMore }, unwell] = await Promise.all([
      calls.publicDays.get(),
      search({ sort: "calls", offset: (page - 1) * MARKET_PAGE }),
      search({ sort: "calls", offset: 0, filters: { health: "unhealthy" } }),
    ]);
    const [agents, ill] = await Promise.all([this.#views(found, days.length), this.#views(unwell.found, days.length)]);
    return { days, agents: agents.map(brief), total, unwell: ill.map(brief), page, hasMore };
  }

  async #views(found: Found["found"], days = STATS_DAYS): Promise<AgentView[]> {
    const ids = found.map(({ agent }) => agent.id);
    const [records, checks] = await Promise.all([this.#options.registry.search.records(ids), this.#checks(ids, days)]);
    return found.map(({ agent, rating }) =>
      this.#viewOf(agent, rating, records.get(agent.id), checks.get(agent.id), days),
    );
  }

  #checks(ids: readonly string[], days: number) {
    return this.#options.checkDays(ids, (this.#today - days + 1) * DAY_MS);
  }

  get #today(): number {
    return Math.floor(this.#options.clock.now() / DAY_MS);
  }

  #lastDays(count: number): { at: number; day: string }[] {
    const first = this.#today - count + 1;
    return Array.from({ length: count }, (_, at) => ({ at: first + at, day: dayName(first + at) }));
  }

  #callDays(days: readonly { period: string; invocations: number; errors: number }[]): DayCount[] {
    const counted = new Map(days.map((day) => [day.period, day]));
    return this.#lastDays(STATS_DAYS).map(({ day }) => {
      const { invocations = 0, errors = 0 } = counted.get(day) ?? {};
      return { day, all: invocations, failed: errors };
    });
  }

  #viewOf(
    agent: Agent,
    rating: AgentView["rating"],
    done: Done | undefined,
    checks: ReadonlyMap<number, CheckedDay> | undefined,
    days = STATS_DAYS,
  ): AgentView {
    return {
      id: agent.id,
      slug: agent.slug,
      name: agent.name,
      version: agent.version,
      description: agent.description,
      tags: agent.tags,
      skills: agent.skills.flatMap((skill) => toSkill(skill)).map(({ name }) => name),
      protocol: PROTOCOLS[agent.protocol],
      price: agent.pricePerTask,
      requiresKey: agent.keyHash !== null,
      rating,
      isHealthy: done === undefined || done.health === "unknown" ? undefined : done.health === "healthy",
      calls: done && done.calls > 0 ? { ok: done.calls - done.errors, all: done.calls, p50Ms: done.p50Ms } : undefined,
      pings: this.#lastDays(days).map(({ at, day }) => {
        const { checks: all = 0, failed = 0 } = checks?.get(at) ?? {};
        return { day, all, failed };
      }),
    };
  }
}

/** Whether its skills are tools, each with arguments of its own. */
const isTooled = ({ protocol }: Agent): boolean => protocol === "mcp" || protocol === "site";

/** As pages call them. */
const PROTOCOLS: Record<Agent["protocol"], string> = { plain: "plain", a2a: "A2A", mcp: "MCP", site: "website" };

/** Without the texts, which may be long, of what is kept for a while. */
const brief = (view: AgentView): AgentView => ({ ...view, description: "", tags: [], skills: [] });

type Done = Pick<TrackRecord, "health" | "calls" | "errors" | "p50Ms">;

export const dayName = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

const dayOf = (micros: bigint): string => renderTimestamp(micros).slice(0, 10);

/** As the card says: anybody may write any name there. */
function providerOf({ provider }: Record<string, unknown>): string | undefined {
  const { organization } =
    typeof provider === "object" && provider !== null ? (provider as Record<string, unknown>) : {};
  return typeof organization === "string" && organization !== "" ? organization : undefined;
}

/** Skills are as their owner has written them. */
function toSkill(skill: Record<string, unknown>, prices?: Agent["prices"]): AgentPage["skills"] {
  const { name, description } = skill;
  const id = skillIdOf(skill);
  if (id === undefined) return [];
  const text = (given: unknown, otherwise: string) => (typeof given === "string" ? given : otherwise);
  return [{ id, name: text(name, id), description: text(description, ""), price: prices?.get(id) }];
}
