/** Two texts, told apart: what both begin and end with, and what differs between. */
export interface Difference {
  head: string;
  before: string;
  after: string;
  tail: string;
}

/** By characters as Unicode counts them, so that none is cut in two. */
export function differenceOf(before: string, after: string): Difference {
  const [old, now] = [Array.from(before), Array.from(after)];
  const most = Math.min(old.length, now.length);
  let head = 0;
  while (head < most && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < most - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail++;
  return {
    head: old.slice(0, head).join(""),
    before: old.slice(head, old.length - tail).join(""),
    after: now.slice(head, now.length - tail).join(""),
    tail: tail === 0 ? "" : old.slice(-tail).join(""),
  };
}

/** The hosts that tasks go to before and after, where these differ. */
export function hostChange(before: unknown, after: unknown): { before: string; after: string } | undefined {
  const [old, now] = [hostOf(before), hostOf(after)];
  return old !== undefined && now !== undefined && old !== now ? { before: old, after: now } : undefined;
}

/** As the network sees it: letters of other scripts are in their `xn--` form. */
const hostOf = (url: unknown): string | undefined =>
  typeof url === "string" && URL.canParse(url) ? new URL(url).host : undefined;
