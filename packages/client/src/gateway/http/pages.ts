import type { CallOptions, Query } from "./request.ts";

/** A page of a list. */
export interface Page<T> {
  entries: T[];
  /** `before` of the next one; null on the last. */
  next: string | null;
}

/** Which page of a list. */
export interface BeforeOptions extends CallOptions {
  /** `next` of the page before. */
  before?: string | undefined;
  /** At most 500. */
  limit?: number | undefined;
}

/**
 * What asks for the page behind this one; undefined behind the last. Lists say it in one of three ways: in `Link` (RFC 8288), whose path counts
 * for nothing, as the gateway may stand behind another one; in `next` or `next_after`; or not at all, where a full page may not be the last.
 */
export function nextQuery(link: string | null, value: unknown, query: Query = {}): Query | undefined {
  const [, target] = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? "") ?? [];
  if (target !== undefined) return Object.fromEntries(new URLSearchParams(target.replace(/^[^?]*\??/, "")));
  if (Array.isArray(value)) {
    const { limit, offset } = query;
    return offset !== undefined && value.length > 0 && value.length >= Number(limit)
      ? { ...query, offset: Number(offset) + value.length }
      : undefined;
  }
  const { next, next_after } = Object(value) as { next?: unknown; next_after?: unknown };
  if (typeof next_after === "string") return { ...query, after: next_after };
  return typeof next === "string" ? { ...query, before: next } : undefined;
}
