import type { JsonSchema } from "@agentgate/protocol/site";

type Json = Readonly<Record<string, unknown>>;

/**
 * In strict mode a model says "left out" with null, where the site's schema knows no null: in lists, behind references and in
 * the branches of a union as well.
 */
export function dropNulls(args: Json, root: JsonSchema): Json {
  return dropIn(args, [root], root) as Json;
}

function dropIn(value: unknown, schemas: readonly unknown[], root: JsonSchema): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const meant = meanings(schemas, root);
    return value.map((entry, index) => {
      const items = meant.map(({ items, prefixItems }) => (prefixItems as unknown[] | undefined)?.[index] ?? items);
      return dropIn(entry, items, root);
    });
  }
  const meant = meanings(schemas, root).filter((schema) => fits(value as Json, schema));
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, entry]) => {
      if (entry === null && !meant.some(({ required }) => Array.isArray(required) && required.includes(name)))
        return [];
      return [
        [
          name,
          dropIn(
            entry,
            meant.map((schema) => memberOf(schema, name)),
            root,
          ),
        ],
      ];
    }),
  );
}

/** The schemas that a list of them comes to, through references and combinations. */
function meanings(schemas: readonly unknown[], root: JsonSchema): JsonSchema[] {
  const found = new Set<JsonSchema>();
  const queue = [...schemas];
  for (let at = 0; at < queue.length; at++) {
    const schema = queue[at] as JsonSchema | undefined;
    if (typeof schema !== "object" || schema === null || found.has(schema)) continue;
    found.add(schema);
    if (typeof schema.$ref === "string") queue.push(resolve(schema.$ref, root));
    for (const keyword of ["anyOf", "oneOf", "allOf"]) {
      const branches = schema[keyword];
      if (Array.isArray(branches)) queue.push(...branches);
    }
  }
  return [...found];
}

/** Whether an object may be meant by a branch of a union: what the branch fixes is as it says. */
function fits(value: Json, { properties }: JsonSchema): boolean {
  return Object.entries((properties ?? {}) as Record<string, JsonSchema | undefined>).every(([name, property]) => {
    const own = Object.hasOwn(value, name) ? value[name] : undefined;
    return own === undefined || property?.const === undefined || own === property.const;
  });
}

function memberOf({ properties, additionalProperties }: JsonSchema, name: string): unknown {
  const known = (properties ?? {}) as Json;
  return Object.hasOwn(known, name) ? known[name] : additionalProperties;
}

function resolve(ref: string, root: JsonSchema): unknown {
  if (!ref.startsWith("#")) return undefined;
  const tokens = ref.slice(1).split("/").slice(1);
  return tokens.reduce<unknown>((at, token) => {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    return typeof at === "object" && at !== null && Object.hasOwn(at, key) ? (at as Json)[key] : undefined;
  }, root);
}
