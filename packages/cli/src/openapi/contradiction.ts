import { isObject, type JsonSchema } from "@agentgate/site/codegen";

type Definitions = ReadonlyMap<string, JsonSchema>;

const DEPTH_MAX = 24;

/**
 * What no value can satisfy: an object that is closed to a property which is required of it, as documents have it that inherit by `allOf`
 * from schemas with `additionalProperties: false`. Only what every value must hold is looked at.
 *
 * @returns the property, with those it lies in
 */
export function contradiction(schema: JsonSchema, definitions: Definitions): string | undefined {
  return within([schema], definitions, new Set(), []);
}

/** @param parts hold all at once */
function within(
  parts: readonly JsonSchema[],
  definitions: Definitions,
  above: ReadonlySet<JsonSchema>,
  path: readonly string[],
): string | undefined {
  const all = parts.flatMap((part) => conjuncts(part, definitions, new Set()));
  if (path.length > DEPTH_MAX || all.some((part) => above.has(part))) return undefined;
  const required = new Set(all.flatMap(({ required }) => (Array.isArray(required) ? (required as string[]) : [])));
  const closed = all.filter((part) => part.additionalProperties === false && !isObject(part.patternProperties));
  const seen = new Set<JsonSchema>([...above, ...all]);
  for (const name of required) {
    const described = all.flatMap(({ properties }) =>
      isObject(properties) && Object.hasOwn(properties, name) ? [properties[name] as JsonSchema] : [],
    );
    const isBarred = closed.some(({ properties }) => !isObject(properties) || !Object.hasOwn(properties, name));
    if (isBarred || described.includes(false)) return [...path, name].join(".");
    const found = within(described, definitions, seen, [...path, name]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The schemas that a value has to satisfy one by one, without alternatives. */
function conjuncts(schema: JsonSchema, definitions: Definitions, known: Set<JsonSchema>): Record<string, unknown>[] {
  if (!isObject(schema) || known.has(schema)) return [];
  known.add(schema);
  const parts = Array.isArray(schema.allOf) ? (schema.allOf as JsonSchema[]) : [];
  const referred = typeof schema.$ref === "string" ? definitions.get(schema.$ref.slice("#/$defs/".length)) : undefined;
  return [
    schema,
    ...[...parts, ...(referred === undefined ? [] : [referred])].flatMap((part) => conjuncts(part, definitions, known)),
  ];
}
