import type { TextFormat } from "./exposition.ts";

/**
 * What a caller of `/metrics` reads (contract section 10): JSON unless its Accept header names a text format.
 * A wildcard names none. Between the two formats the higher quality wins, OpenMetrics when they are equal.
 */
export function negotiateFormat(accept: string | undefined): "json" | TextFormat {
  const openmetrics = quality(accept, "application/openmetrics-text");
  const prometheus = quality(accept, "text/plain");
  const best = Math.max(openmetrics, prometheus);
  if (best === 0 || best < quality(accept, "application/json")) return "json";
  return openmetrics >= prometheus ? "openmetrics" : "prometheus";
}

function quality(accept: string | undefined, mediaType: string): number {
  for (const range of accept?.split(",") ?? []) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    if (type !== mediaType) continue;
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    return q === undefined ? 1 : Number(q.slice(2)) || 0;
  }
  return 0;
}
