/** Filters that have values with counts, and may leave some out; and what the facets call them. */
export const facetOf = {
  agent_id: "agent",
  skill: "skill",
  error: "error",
  entrance: "entrance",
  payer_org_id: "payer",
} as const;
export type FacetName = keyof typeof facetOf;
export const facetNames = Object.keys(facetOf) as FacetName[];

/** Filters of one value that is typed, or taken from a call. */
export const typedNames = [
  "task_id",
  "trace_id",
  "context_id",
  "request_id",
  "parent_id",
  "key_id",
  "caller_ip",
  "latency_min",
] as const;

/** What of the address narrows the log. */
export const filterNames = [
  "status",
  "role",
  ...facetNames,
  ...facetNames.map((name) => `not_${name}` as const),
  ...typedNames,
] as const;
export type FilterName = (typeof filterNames)[number];
