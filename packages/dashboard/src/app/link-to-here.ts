import { parseSearch, stringifySearch } from "./plain-search.ts";
import { instantsOf, rangeOf, searchOf } from "./time-range.ts";

/** The address of what is shown, with the zone it is told in; a range that moves on stands still in it. */
export function fixedLink(href: string, zone: string, nowMs: number): string {
  const { range: _range, ...rest } = parseSearch(new URL(href).search);
  const fixed = searchOf({ kind: "fixed", ...instantsOf(rangeOf(parseSearch(new URL(href).search)), nowMs) });
  return withSearch(href, { ...rest, ...fixed, zone });
}

/** The address with the zone alone: whoever opens it later sees what is there then. */
export const movingLink = (href: string, zone: string): string =>
  withSearch(href, { ...parseSearch(new URL(href).search), zone });

function withSearch(href: string, search: Record<string, unknown>): string {
  const url = new URL(href);
  return `${url.origin}${url.pathname}${stringifySearch(search)}`;
}
