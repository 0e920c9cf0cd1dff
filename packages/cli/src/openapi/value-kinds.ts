import { isObject, isSchema, type JsonSchema } from "@agentgate/site/codegen";

export type ValueKind = "primitive" | "array" | "object";
type Definitions = ReadonlyMap<string, JsonSchema>;

const every: readonly ValueKind[] = ["primitive", "array", "object"];
const depthMax = 12;

/** What a value of the schema may be: all three for one that does not say. */
export function valueKinds(schema: JsonSchema | undefined, definitions: Definitions, depth = 0): Set<ValueKind> {
  if (!isObject(schema) || depth > depthMax) return new Set(every);
  const below = (part: JsonSchema) => valueKinds(part, definitions, depth + 1);
  if (typeof schema.type === "string" || Array.isArray(schema.type)) {
    const types = [schema.type].flat().filter((type) => type !== "null");
    return new Set(types.map((type) => (type === "array" || type === "object" ? type : "primitive")));
  }
  const values = Array.isArray(schema.enum) ? schema.enum : "const" in schema ? [schema.const] : undefined;
  if (values) return new Set(values.filter((value) => value !== null).map(kindOf));
  if (typeof schema.$ref === "string") return below(definitions.get(schema.$ref.slice("#/$defs/".length)) ?? true);
  for (const keyword of ["oneOf", "anyOf"]) {
    const branches = schema[keyword];
    if (Array.isArray(branches)) {
      return new Set(branches.filter((part) => !isNull(part)).flatMap((part) => [...below(part)]));
    }
  }
  if (Array.isArray(schema.allOf)) {
    const sets = schema.allOf.map(below);
    return new Set(every.filter((kind) => sets.every((set) => set.has(kind))));
  }
  if ("properties" in schema || "additionalProperties" in schema) return new Set(["object"]);
  if ("items" in schema || "prefixItems" in schema) return new Set(["array"]);
  return new Set(every);
}

/** Whether the items of a list, or the values of an object, cannot be plain. */
export function isNested(schema: JsonSchema | undefined, definitions: Definitions, depth = 0): boolean {
  if (!isObject(schema) || depth > depthMax) return false;
  if (typeof schema.$ref === "string")
    return isNested(definitions.get(schema.$ref.slice("#/$defs/".length)), definitions, depth + 1);
  const { items, properties, additionalProperties, prefixItems } = schema;
  const parts = [items, additionalProperties, ...(Array.isArray(prefixItems) ? prefixItems : [])];
  if (isObject(properties)) parts.push(...Object.values(properties));
  if (parts.some((part) => isSchema(part) && part !== false && !valueKinds(part, definitions).has("primitive")))
    return true;
  return ["oneOf", "anyOf", "allOf"].some(
    (keyword) =>
      Array.isArray(schema[keyword]) && schema[keyword].some((part) => isNested(part, definitions, depth + 1)),
  );
}

/** The names of the properties that are known of an object. */
export function propertyNames(schema: JsonSchema | undefined, definitions: Definitions, depth = 0): string[] {
  if (!isObject(schema) || depth > depthMax) return [];
  const below = (part: JsonSchema | undefined) => propertyNames(part, definitions, depth + 1);
  const parts = ["oneOf", "anyOf", "allOf"].flatMap((keyword) =>
    Array.isArray(schema[keyword]) ? (schema[keyword] as JsonSchema[]) : [],
  );
  return [
    ...(typeof schema.$ref === "string" ? below(definitions.get(schema.$ref.slice("#/$defs/".length))) : []),
    ...(isObject(schema.properties) ? Object.keys(schema.properties) : []),
    ...parts.flatMap(below),
  ];
}

const isNull = (schema: unknown): boolean => isObject(schema) && schema.type === "null";

const kindOf = (value: unknown): ValueKind =>
  Array.isArray(value) ? "array" : typeof value === "object" ? "object" : "primitive";
