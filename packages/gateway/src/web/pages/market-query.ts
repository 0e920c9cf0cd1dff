import { microDollarsFromNumber, microDollarsToNumber } from "@agentgate/protocol";
import { agentProtocols, type Filters, type Sort } from "../../agents/index.ts";

/** What the address of the marketplace asks for, as far as it can be read. Its parameters are those of `GET /agents/search`. */
export interface MarketQuery {
  q: string;
  tag: string;
  sort: keyof typeof SORTS;
  filters: Filters;
  page: number;
}

export const SORTS = {
  newest: "Newest",
  calls: "Most called",
  rating: "Best rated",
  price: "Cheapest",
  name: "By name",
} as const satisfies Partial<Record<Sort, string>>;

/** Beyond it nobody turns pages. */
const PAGES_MAX = 40;
const TEXT_MAX = 200;
const PRICE_MAX = 1_000_000;

/** What cannot be read is as if it were not there. */
export function readMarketQuery(query: Record<string, unknown>): MarketQuery {
  const text = (name: string) => {
    const given = query[name];
    return typeof given === "string" ? given.slice(0, TEXT_MAX).trim() : "";
  };
  const number = (name: string, max: number) => {
    const given = text(name) === "" ? Number.NaN : Number(text(name));
    return given >= 0 && given <= max ? given : undefined;
  };
  const page = number("page", PAGES_MAX);
  const priceMax = number("price_max", PRICE_MAX);
  const sort = text("sort");
  const [protocol, health] = [text("protocol"), text("health")];
  return {
    q: text("q"),
    tag: text("tag"),
    sort: Object.hasOwn(SORTS, sort) ? (sort as MarketQuery["sort"]) : "newest",
    filters: {
      priceMax: priceMax === undefined ? undefined : microDollarsFromNumber(priceMax),
      ratingMin: number("rating_min", 5),
      protocol: agentProtocols.find((name) => name === protocol),
      health: health === "healthy" || health === "unhealthy" ? health : undefined,
    },
    page: page !== undefined && Number.isInteger(page) && page >= 1 ? page : 1,
  };
}

/** What is asked for as parameters; what is as by default is left out. */
export function marketFields({ q, tag, sort, filters }: MarketQuery): [name: string, value: string][] {
  const { priceMax, ratingMin, protocol, health } = filters;
  const fields: [string, string | undefined][] = [
    ["q", q || undefined],
    ["tag", tag || undefined],
    ["price_max", priceMax === undefined ? undefined : `${microDollarsToNumber(priceMax)}`],
    ["rating_min", ratingMin === undefined ? undefined : `${ratingMin}`],
    ["protocol", protocol],
    ["health", health],
    ["sort", sort === "newest" ? undefined : sort],
  ];
  return fields.filter((field): field is [string, string] => field[1] !== undefined);
}

/** The address of the marketplace with these changes, on its first page unless another is said. */
export function marketPath(query: MarketQuery, changes: Partial<MarketQuery> = {}): string {
  const next = { ...query, page: 1, ...changes };
  const fields = marketFields(next);
  if (next.page > 1) fields.push(["page", `${next.page}`]);
  const text = new URLSearchParams(fields).toString();
  return `/marketplace${text && `?${text}`}`;
}

/** The same as JSON. */
export function searchPath(query: MarketQuery): string {
  const fields = marketFields(query).map(([name, value]): [string, string] => [name === "tag" ? "tags" : name, value]);
  return `/agents/search?${new URLSearchParams([...fields, ["facets", "1"]])}`;
}
