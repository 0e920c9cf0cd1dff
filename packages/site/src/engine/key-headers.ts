import type { Site } from "./site.ts";

/** Headers that carry the API keys of the site and its operations. */
export function keyHeaders({ policy, intents, flows }: Site): Set<string> {
  const operations = [...intents.values(), ...[...flows.values()].flatMap((flow) => [...flow.steps.values()])];
  const headers = [policy, ...operations.map((operation) => operation.policy)].map(
    (one) => one.describe("http://localhost").header,
  );
  return new Set(headers.filter((header) => header !== null));
}
