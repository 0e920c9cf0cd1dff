import { qualityOf } from "../http/index.ts";
import type { TextFormat } from "./registry.ts";

/**
 * What a caller of `/metrics` reads (contract section 10): JSON unless its Accept header names a text format.
 * A wildcard names none. Between the two formats the higher quality wins, OpenMetrics when they are equal.
 */
export function negotiateFormat(accept: string | undefined): "json" | TextFormat {
  const openmetrics = qualityOf(accept, "application/openmetrics-text");
  const prometheus = qualityOf(accept, "text/plain");
  const best = Math.max(openmetrics, prometheus);
  if (best === 0 || best < qualityOf(accept, "application/json")) return "json";
  return openmetrics >= prometheus ? "openmetrics" : "prometheus";
}
