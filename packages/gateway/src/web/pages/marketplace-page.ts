import { formatCount, shortText } from "@agentgate/protocol/format";
import { type Html, html } from "../html.ts";
import { agentRows } from "./agent-rows.ts";
import type { AgentView } from "./agent-view.ts";

/** What the address asks for, as far as it can be read. */
export interface MarketQuery {
  q: string;
  tag: string;
  sort: "newest" | "name" | "rating";
  page: number;
}

export interface MarketPage {
  query: MarketQuery;
  agents: readonly AgentView[];
  total: number;
  totalIsExact: boolean;
  hasMore: boolean;
  /** Tags to choose from, with how many agents each has. */
  tags: readonly { name: string; count: number }[];
}

export const MARKET_PAGE = 24;
const SORTS = { newest: "Newest", name: "By name", rating: "Best rated" } as const;

/** The address of the marketplace with these changes; what is as by default is left out. */
export function marketPath({ q, tag, sort, page }: MarketQuery, changes: Partial<MarketQuery> = {}): string {
  const next = { q, tag, sort, page: 1, ...changes };
  const params = new URLSearchParams();
  if (next.q) params.set("q", next.q);
  if (next.tag) params.set("tag", next.tag);
  if (next.sort !== "newest") params.set("sort", next.sort);
  if (next.page > 1) params.set("page", `${page === next.page ? page : next.page}`);
  const text = params.toString();
  return `/marketplace${text && `?${text}`}`;
}

/** Agents to be found, by text and tag. Everything is a link or a form. */
export const marketContent = (found: MarketPage): Html => html`<h1 class="pt-6 pb-4 text-title">Marketplace</h1>
<form action="/marketplace" method="get" role="search" data-swap="found" class="flex flex-wrap items-end gap-3 pb-6">
<label class="min-w-60 grow">Search agents<input class="field mt-1" type="search" name="q" value="${found.query.q}" autocomplete="off" maxlength="200"></label>
<label>Order<select class="field mt-1" name="sort">${Object.entries(SORTS).map(
  ([sort, name]) => html`<option value="${sort}"${sort === found.query.sort && html` selected`}>${name}</option>`,
)}</select></label>
${found.query.tag !== "" && html`<input type="hidden" name="tag" value="${found.query.tag}">`}<button class="button button-primary">Search</button>
</form>
<div id="found" class="grid gap-8 broad:grid-cols-[12rem_minmax(0,1fr)]">
<nav aria-label="Tags"><h2 class="pb-2">Tags</h2><ul class="flex flex-wrap gap-x-4 gap-y-1 broad:flex-col">
${found.query.tag !== "" && html`<li><a href="${marketPath(found.query, { tag: "" })}">All</a></li>`}
${found.tags.map(
  ({ name, count }) =>
    html`<li><a href="${marketPath(found.query, { tag: name })}"${name === found.query.tag && html` aria-current="true" class="font-strong"`}>${shortText(name, 40)}</a> <span class="text-ink-3">${formatCount(count, "en")}</span></li>\n`,
)}</ul></nav>
<section aria-label="Agents" class="min-w-0">
<p class="pb-2 text-ink-2" role="status">${howMany(found)}</p>
${found.agents.length > 0 ? agentRows(found.agents) : nothingFound(found.query)}
${pager(found)}
</section>
</div>`;

const howMany = ({ total, totalIsExact }: MarketPage): string =>
  `${totalIsExact ? "" : "More than "}${formatCount(total, "en")} ${total === 1 ? "agent" : "agents"}`;

const nothingFound = ({ q, tag }: MarketQuery): Html =>
  q === "" && tag === ""
    ? html`<p>No agent is registered yet. The <a href="/docs">API</a> and the command line register them.</p>`
    : html`<p>No agent has that. <a href="/marketplace">See all agents</a></p>`;

const pager = ({ query, hasMore }: MarketPage): Html | false =>
  (hasMore || query.page > 1) &&
  html`<nav aria-label="More agents" class="flex justify-between pt-4">
${query.page > 1 ? html`<a rel="prev" href="${marketPath(query, { page: query.page - 1 })}">Before</a>` : html`<span></span>`}
${hasMore && html`<a rel="next" href="${marketPath(query, { page: query.page + 1 })}">More agents</a>`}
</nav>`;
