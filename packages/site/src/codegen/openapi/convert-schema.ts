import { isObject, isSchema, type JsonSchema, resolveReference } from "../schema-reference.ts";
import type { OpenApiDocument } from "./document.ts";
import { flattenAllOf, isPlainObjectSchema } from "./flatten-all-of.ts";

/** Which way the data travels: `readOnly` properties leave inputs, `writeOnly` properties leave outputs. */
export type Direction = "input" | "output";

const openApiOnly = new Set([
  "nullable",
  "discriminator",
  "xml",
  "externalDocs",
  "example",
  "readOnly",
  "writeOnly",
  "$schema",
]);
const schemaMaps = new Set(["properties", "patternProperties", "dependentSchemas"]);
const schemaLists = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
const schemaKeywords = new Set([
  "items",
  "additionalProperties",
  "not",
  "if",
  "then",
  "else",
  "contains",
  "propertyNames",
  "unevaluatedItems",
  "unevaluatedProperties",
]);
const depthMax = 100;

/**
 * An OpenAPI 3.0 or 3.1 schema as self-contained JSON Schema 2020-12: local references are hoisted to `$defs` at the root
 * (recursion survives), `nullable` and boolean `exclusiveMinimum`/`exclusiveMaximum` are translated, OpenAPI's own keywords go.
 */
export function convertSchema(schema: unknown, document: OpenApiDocument, direction: Direction): JsonSchema {
  const definitions = new Map<string, { name: string; schema: JsonSchema }>();
  const names = new Set<string>();
  const expanding = new Set<string>();

  const define = (ref: string): JsonSchema => {
    const known = definitions.get(ref);
    if (known) return { $ref: `#/$defs/${known.name}` };
    const target = resolveReference(document, ref);
    if (target === undefined) return true;
    const wanted = (ref.split("/").at(-1) ?? "").replace(/[^\w.-]+/g, "_") || "Root";
    let name = wanted;
    for (let copy = 2; names.has(name); copy++) name = `${wanted}_${copy}`;
    names.add(name);
    const definition = { name, schema: true as JsonSchema };
    definitions.set(ref, definition);
    definition.schema = convert(target, 0);
    return { $ref: `#/$defs/${name}` };
  };

  const convert = (value: unknown, depth: number): JsonSchema => {
    if (typeof value === "boolean") return value;
    if (!isObject(value) || depth > depthMax) return true;
    if (typeof value.$ref === "string") {
      const { $ref, ...siblings } = value;
      const target = define(value.$ref);
      const rest = translate(siblings, depth);
      if (target === true) return rest;
      const { description, ...constraints } = rest as Record<string, unknown>;
      const plain = { ...(target as object), ...(typeof description === "string" && { description }) };
      return Object.keys(constraints).length === 0
        ? nullable(plain, value)
        : nullable({ allOf: [plain, constraints] }, value);
    }
    return nullable(flattenAllOf(translate(value, depth)), value);
  };

  /** A referenced `allOf` branch is looked into, unless it is the schema being written right now: only so can it be merged. */
  const inlineBranch = (value: JsonSchema, depth: number): JsonSchema => {
    const ref = isObject(value) && Object.keys(value).length === 1 ? value.$ref : undefined;
    if (typeof ref !== "string" || expanding.has(ref)) return convert(value, depth);
    expanding.add(ref);
    const inlined = convert(resolveReference(document, ref) ?? true, depth);
    expanding.delete(ref);
    return isPlainObjectSchema(inlined) ? inlined : define(ref);
  };

  const translate = (value: Record<string, unknown>, depth: number): Record<string, unknown> => {
    const dropped = hiddenProperties(value, document, direction);
    const result: Record<string, unknown> = {};
    for (const [key, entry] of Object.entries(value)) {
      if (openApiOnly.has(key) || key.startsWith("x-")) continue;
      if (schemaMaps.has(key) && isObject(entry)) {
        const kept = Object.entries(entry).filter(([name]) => key !== "properties" || !dropped.has(name));
        result[key] = Object.fromEntries(kept.map(([name, schema]) => [name, convert(schema, depth + 1)]));
      } else if (schemaLists.has(key) && Array.isArray(entry)) {
        const branch = key === "allOf" ? inlineBranch : convert;
        result[key] = entry.filter(isSchema).map((schema) => branch(schema, depth + 1));
      } else if (schemaKeywords.has(key) && isSchema(entry)) {
        result[key] = convert(entry, depth + 1);
      } else if (key === "required" && Array.isArray(entry)) {
        const kept = entry.filter((name) => !dropped.has(name));
        if (kept.length > 0) result.required = kept;
      } else {
        result[key] = entry;
      }
    }
    if ("example" in value && !("examples" in result)) result.examples = [value.example];
    exclusiveBound(result, "exclusiveMinimum", "minimum");
    exclusiveBound(result, "exclusiveMaximum", "maximum");
    return result;
  };

  const root = convert(schema, 0);
  if (definitions.size === 0 || typeof root === "boolean") return root;
  return inlineRoot(root, Object.fromEntries([...definitions.values()].map(({ name, schema }) => [name, schema])));
}

/** A root that is only a reference becomes the object itself, so that a reader finds `type` and `properties` at the top. */
function inlineRoot(root: Record<string, unknown>, $defs: Record<string, JsonSchema>): JsonSchema {
  if (typeof root.$ref !== "string") return { ...root, $defs };
  const name = root.$ref.slice("#/$defs/".length);
  const target = $defs[name];
  if (!isObject(target) || typeof target.$ref === "string") return { ...root, $defs };
  const { $ref, ...siblings } = root;
  const stillUsed = JSON.stringify([target, $defs]).includes(JSON.stringify(root.$ref));
  const { [name]: _, ...others } = $defs;
  const rest = stillUsed ? $defs : others;
  return { ...target, ...siblings, ...(Object.keys(rest).length > 0 && { $defs: rest }) };
}

function hiddenProperties(
  schema: Record<string, unknown>,
  document: OpenApiDocument,
  direction: Direction,
): Set<unknown> {
  const mark = direction === "input" ? "readOnly" : "writeOnly";
  const properties = isObject(schema.properties) ? Object.entries(schema.properties) : [];
  const hidden = properties.filter(([, property]) => {
    if (!isObject(property)) return false;
    const target = typeof property.$ref === "string" ? resolveReference(document, property.$ref) : undefined;
    return property[mark] === true || (isObject(target) && target[mark] === true);
  });
  return new Set(hidden.map(([name]) => name));
}

/** OpenAPI 3.0 says `minimum: 5, exclusiveMinimum: true`; JSON Schema 2020-12 says `exclusiveMinimum: 5`. */
function exclusiveBound(schema: Record<string, unknown>, exclusive: string, bound: string): void {
  if (typeof schema[exclusive] !== "boolean") return;
  if (schema[exclusive] && typeof schema[bound] === "number") {
    schema[exclusive] = schema[bound];
    delete schema[bound];
  } else {
    delete schema[exclusive];
  }
}

function nullable(schema: Record<string, unknown>, source: Record<string, unknown>): JsonSchema {
  if (source.nullable !== true) return schema;
  if (Array.isArray(schema.enum)) {
    const withNull = schema.enum.includes(null) ? schema.enum : [...schema.enum, null];
    return { ...schema, enum: withNull, ...(typeof schema.type === "string" && { type: [schema.type, "null"] }) };
  }
  if (typeof schema.type === "string") return { ...schema, type: [schema.type, "null"] };
  return { anyOf: [schema, { type: "null" }] };
}
