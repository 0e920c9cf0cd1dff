import { formatCount, formatPrice, shortText } from "@agentgate/protocol/format";
import type { Facets, Filters } from "../../agents/index.ts";
import { type Html, html } from "../html.ts";
import { agentRows } from "./agent-rows.ts";
import type { AgentView } from "./agent-view.ts";
import { type MarketQuery, marketFields, marketPath, SORTS, searchPath } from "./market-query.ts";

export interface MarketPage {
  query: MarketQuery;
  agents: readonly AgentView[];
  total: number;
  totalIsExact: boolean;
  hasMore: boolean;
  /** What those that match are like. */
  facets: Facets;
}

/** What agents speak, as filters call it. */
const SPOKEN = { a2a: "A2A", plain: "plain HTTP", mcp: "MCP", site: "as a website" } as const;

export const MARKET_PAGE = 24;

/** Agents to be found, by text and by what they are like. Everything is a link or a form. */
export const marketContent = (found: MarketPage): Html => html`<h1 class="pt-6 pb-4 text-title">Marketplace</h1>
<form action="/marketplace" method="get" role="search" data-swap="found" class="flex flex-wrap items-end gap-3 pb-6">
<label class="min-w-60 grow">Search agents<input class="field mt-1" type="search" name="q" value="${found.query.q}" autocomplete="off" maxlength="200"></label>
<label>Order<select class="field mt-1" name="sort">${Object.entries(SORTS).map(
  ([sort, name]) => html`<option value="${sort}"${sort === found.query.sort && html` selected`}>${name}</option>`,
)}</select></label>
${marketFields(found.query)
  .filter(([name]) => name !== "q" && name !== "sort")
  .map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )}<button class="button button-primary">Search</button>
</form>
<div id="found" class="grid gap-8 broad:grid-cols-[11rem_minmax(0,1fr)]">
${facetLists(found)}
<section aria-label="Agents" class="min-w-0">
<div class="flex flex-wrap items-baseline gap-x-4 gap-y-1 pb-2"><p class="text-ink-2" role="status">${howMany(found)}</p>${chosen(found.query)}</div>
${found.agents.length > 0 ? agentRows(found.agents) : nothingFound(found.query)}
${pager(found)}
<p class="pt-4 text-fine text-ink-3">Completed and median are of callers' tasks in 30 days, pings of the gateway's own looks. <a href="${searchPath(found.query)}" class="text-ink-3">The same as JSON</a></p>
</section>
</div>`;

const howMany = ({ total, totalIsExact }: MarketPage): string =>
  `${totalIsExact ? "" : "More than "}${formatCount(total, "en")} ${total === 1 ? "agent" : "agents"}`;

/** One way to narrow what is found down, with how many would be left. */
interface Choice {
  name: string;
  count: number;
  isChosen: boolean;
  path: string;
}

function facetLists({ query, facets }: MarketPage): Html {
  const { filters } = query;
  const filtered = (changes: Filters) => marketPath(query, { filters: { ...filters, ...changes } });
  const choices = <T>(values: readonly { value: T; name: string; count: number }[], key: keyof Filters): Choice[] =>
    values.map(({ value, name, count }) => {
      const isChosen = filters[key] === value;
      return { name, count, isChosen, path: filtered({ [key]: isChosen ? undefined : value }) };
    });
  let cheaper = 0;
  const prices = facets.prices.flatMap(({ max, count }) => {
    cheaper += count;
    return max === undefined
      ? []
      : [{ value: max, name: max === 0n ? "Free" : `to ${formatPrice(max)}`, count: cheaper }];
  });
  const ratings = facets.ratings.map(({ min, count }) => ({ value: min, name: `${min} and better`, count }));
  const languages = Object.keys(SPOKEN) as (keyof typeof SPOKEN)[];
  const protocols = languages.map((value) => ({ value, name: SPOKEN[value], count: facets.protocols[value] }));
  const pings = [
    { value: "healthy", name: "answered", count: facets.health.healthy },
    { value: "unhealthy", name: "not answered", count: facets.health.unhealthy },
  ];
  const tags = facets.tags.map(({ name, count }): Choice => {
    const isChosen = name.toLowerCase() === query.tag.toLowerCase();
    return { name: shortText(name, 40), count, isChosen, path: marketPath(query, { tag: isChosen ? "" : name }) };
  });
  const lists = [
    ["Price", choices(prices, "priceMax")],
    ["Rated", choices(ratings, "ratingMin")],
    ["Speaks", choices(protocols, "protocol")],
    ["Last ping", choices(pings, "health")],
    ["Tags", tags],
  ] as const;
  // Open where there is room beside the rows: the style sheet shows what is in it there, whether it is open or not.
  return html`<details class="facets min-w-0"><summary class="button">Filters</summary><nav aria-label="Filters">
${lists.map(([name, list]) => facetList(name, list))}
${facets.agents >= 1_000 && html`<p class="pt-2 text-fine text-ink-3">Counted of the newest 1,000 that match.</p>`}
</nav></details>`;
}

function facetList(name: string, choices: readonly Choice[]): Html | false {
  const shown = choices.filter(({ count, isChosen }) => count > 0 || isChosen);
  return (
    shown.length > 0 &&
    html`<h2 class="pt-4 pb-1 font-strong text-ink-2">${name}</h2><ul>${shown.map(
      ({ name, count, isChosen, path }) =>
        html`<li class="flex justify-between gap-2"><a href="${path}" class="facet"${isChosen && html` aria-current="true"`}>${isChosen && html`<span aria-hidden="true">✕ </span><span class="spoken">Remove: </span>`}${name}</a> <span class="text-ink-3">${formatCount(count, "en")}</span></li>\n`,
    )}</ul>`
  );
}

/** What narrows it down now, each with a way back. */
function chosen(query: MarketQuery): Html | false {
  const { filters, tag } = query;
  const without = (key: keyof Filters) => marketPath(query, { filters: { ...filters, [key]: undefined } });
  const { priceMax, ratingMin, protocol, health } = filters;
  const all: [name: string, path: string][] = [
    ...(tag === "" ? [] : [[`tag ${shortText(tag, 40)}`, marketPath(query, { tag: "" })] as [string, string]]),
    ...(priceMax === undefined
      ? []
      : [[priceMax === 0n ? "free" : `to ${formatPrice(priceMax)}`, without("priceMax")] as [string, string]]),
    ...(ratingMin === undefined ? [] : [[`${ratingMin} and better`, without("ratingMin")] as [string, string]]),
    ...(protocol === undefined ? [] : [[`speaks ${SPOKEN[protocol]}`, without("protocol")] as [string, string]]),
    ...(health === undefined
      ? []
      : [[health === "healthy" ? "answered last ping" : "not answering", without("health")] as [string, string]]),
  ];
  return (
    all.length > 0 &&
    html`<ul aria-label="Chosen" class="flex flex-wrap gap-x-3 gap-y-1">${all.map(
      ([name, path]) =>
        html`<li><a href="${path}"><span aria-hidden="true">✕ </span><span class="spoken">Remove: </span>${name}</a></li>\n`,
    )}</ul>`
  );
}

function nothingFound(query: MarketQuery): Html {
  return marketFields(query).every(([name]) => name === "sort")
    ? html`<p>No agent is registered yet. The <a href="/docs">API</a> and the command line register them.</p>`
    : html`<p>No agent has that. <a href="/marketplace">See all agents</a></p>`;
}

const pager = ({ query, hasMore }: MarketPage): Html | false =>
  (hasMore || query.page > 1) &&
  html`<nav aria-label="More agents" class="flex justify-between pt-4">
${query.page > 1 ? html`<a rel="prev" href="${marketPath(query, { page: query.page - 1 })}">Before</a>` : html`<span></span>`}
${hasMore && html`<a rel="next" href="${marketPath(query, { page: query.page + 1 })}">More agents</a>`}
</nav>`;
