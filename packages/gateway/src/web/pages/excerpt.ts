const AROUND = 80;

/** The longest of them, in UTF-16 code units. */
export const EXCERPT_MAX = 2 * AROUND + 2;

/** The whole words around a place of a text, with an ellipsis where there are more. */
export function excerptAt(text: string, at: number): string {
  const [from, to] = [Math.max(0, at - AROUND), at + AROUND];
  const begin = from === 0 ? 0 : text.indexOf(" ", from - 1) + 1;
  const last = to >= text.length ? text.length : text.lastIndexOf(" ", to);
  // A word that is longer than all of it is cut.
  const [start, end] = [begin > 0 && begin <= at ? begin : from, last > at ? last : to];
  return `${start > 0 ? "…" : ""}${text.slice(start, end)}${end < text.length ? "…" : ""}`;
}
