/** What the query of a page says: texts, as they are. An id like `662E41` stays the text it is; what is absent is not there. */
export type PlainSearch = Record<string, string | undefined>;

/** Of several values the last counts. */
export const parseSearch = (search: string): PlainSearch => Object.fromEntries(new URLSearchParams(search));

/** In the order of the names, so that one state has one address. Nothing stands for what is empty. */
export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const name of Object.keys(search).sort()) {
    const value = search[name];
    if (typeof value === "string" && value !== "") params.set(name, value);
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}
