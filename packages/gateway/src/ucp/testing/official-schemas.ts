import { globSync, readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const root = new URL("fixtures/ucp-2026-04-08/", import.meta.url);
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
for (const path of globSync("**/*.json", { cwd: root.pathname })) {
  const schema = JSON.parse(readFileSync(new URL(path, root), "utf8"));
  // The profile's own $id is in another folder than its references, which are right where it lies.
  ajv.addSchema(path.startsWith("discovery/") ? { ...schema, $id: "https://ucp.dev/discovery/profile.json" } : schema);
}

const names = {
  profile: "discovery/profile.json#/$defs/business_profile",
  search: "schemas/shopping/catalog_search.json#/$defs/search_response",
  lookup: "schemas/shopping/catalog_lookup.json#/$defs/lookup_response",
  product: "schemas/shopping/catalog_lookup.json#/$defs/get_product_response",
  checkout: "schemas/shopping/checkout.json",
  order: "schemas/shopping/order.json",
  error: "schemas/shopping/types/error_response.json",
} as const;
export type Answer = keyof typeof names;

const compiled = new Map<Answer, ValidateFunction>();

/** What is wrong with an answer by the official schemas of 2026-04-08, as text; empty when nothing is. */
export function officialFaults(answer: Answer, body: unknown): string {
  const validate = compiled.get(answer) ?? ajv.getSchema(`https://ucp.dev/${names[answer]}`)!;
  compiled.set(answer, validate);
  return validate(body) ? "" : ajv.errorsText(validate.errors);
}
