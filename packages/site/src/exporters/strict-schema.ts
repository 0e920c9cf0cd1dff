import type { JsonSchema } from "@agentgate/protocol/site";

/** Keywords that OpenAI's structured outputs know. */
const kept = new Set([
  "type",
  "properties",
  "required",
  "items",
  "enum",
  "const",
  "anyOf",
  "$ref",
  "$defs",
  "title",
  "description",
  "pattern",
  "multipleOf",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "minItems",
  "maxItems",
]);
/** Keywords that may go: the site checks them itself, so leaving them out only lets the model err. */
const dropped = new Set([
  "default",
  "format",
  "examples",
  "$comment",
  "deprecated",
  "minLength",
  "maxLength",
  "uniqueItems",
  "readOnly",
  "writeOnly",
]);
const depthMax = 10;

/**
 * A schema for OpenAI's strict mode: every property required, no others allowed, optional ones nullable.
 * @returns `undefined` when strict mode cannot express it
 */
export function toStrictSchema(schema: JsonSchema): JsonSchema | undefined {
  try {
    return strict(schema, 0);
  } catch (error) {
    if (error instanceof NotExpressible) return undefined;
    throw error;
  }
}

class NotExpressible extends Error {}

function strict(schema: unknown, depth: number): JsonSchema {
  if (typeof schema !== "object" || schema === null || depth > depthMax) throw new NotExpressible();
  const source = schema as JsonSchema;
  const result: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(source)) {
    if (keyword === "oneOf") result.anyOf = (value as unknown[]).map((one) => strict(one, depth + 1));
    else if (keyword === "additionalProperties") {
      if (value !== false && value !== undefined && !isEmptyObject(value)) throw new NotExpressible();
    } else if (kept.has(keyword)) result[keyword] = value;
    else if (!dropped.has(keyword)) throw new NotExpressible();
  }
  if (Object.keys(result).every((keyword) => keyword === "title" || keyword === "description"))
    throw new NotExpressible();
  if (Array.isArray(source.anyOf)) result.anyOf = source.anyOf.map((one) => strict(one, depth + 1));
  if (source.items !== undefined) result.items = strict(source.items, depth + 1);
  if (source.$defs !== undefined) result.$defs = mapValues(source.$defs as object, (one) => strict(one, depth + 1));
  if (source.type === "array" && source.items === undefined) throw new NotExpressible();
  if (source.type === "object") strictObject(source, result, depth);
  return result;
}

function strictObject(source: JsonSchema, result: Record<string, unknown>, depth: number): void {
  const required = new Set((source.required ?? []) as string[]);
  const properties = (source.properties ?? {}) as Record<string, JsonSchema>;
  result.properties = Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      const converted = strict(property, depth + 1);
      return [name, required.has(name) ? converted : nullable(converted)];
    }),
  );
  result.required = Object.keys(properties);
  result.additionalProperties = false;
}

function nullable(schema: JsonSchema): JsonSchema {
  if (typeof schema.type === "string" && schema.enum === undefined && schema.const === undefined) {
    return { ...schema, type: [schema.type, "null"] };
  }
  return { anyOf: [schema, { type: "null" }] };
}

const isEmptyObject = (value: unknown) =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

const mapValues = (object: object, map: (value: unknown) => unknown) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
