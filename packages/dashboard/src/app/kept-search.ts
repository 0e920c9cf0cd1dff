import type { PlainSearch } from "./plain-search.ts";

/** What goes along from page to page: the range of time, its zone, and whose things the admin looks at. */
export const keptSearch = ({ range, from, to, zone, org }: PlainSearch): PlainSearch =>
  Object.fromEntries(Object.entries({ range, from, to, zone, org }).filter(([, value]) => value !== undefined));
