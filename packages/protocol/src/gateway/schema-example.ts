/** How deep objects in objects are shown; what is deeper is left out. */
const DEPTH_MAX = 4;
const MEMBERS_MAX = 32;
/** Of members that may all be left out. */
const SHOWN_MAX = 3;
/** Longer ones, as JSON, are no help to begin with. */
const CHARACTERS_MAX = 2_000;

type Schema = Readonly<Record<string, unknown>>;

/**
 * Arguments that a JSON Schema may have been meant for: what it demands, by its own examples and defaults where it has some. Something to begin
 * with, which need not be valid: what depends on each other, or stands elsewhere (`$ref`), is not worked out.
 */
export const argumentsLike = (schema: unknown): Record<string, unknown> => {
  const value = valueLike(asSchema(schema), 0);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return JSON.stringify(value).length > CHARACTERS_MAX ? {} : (value as Record<string, unknown>);
};

function valueLike(schema: Schema, depth: number): unknown {
  if ("const" in schema) return schema.const;
  if ("default" in schema) return schema.default;
  for (const list of [schema.examples, schema.enum]) if (Array.isArray(list) && list.length > 0) return list[0];
  for (const list of [schema.anyOf, schema.oneOf, schema.allOf])
    if (Array.isArray(list) && list.length > 0) return valueLike(asSchema(list[0]), depth + 1);
  return ofType(schema, depth);
}

function ofType(schema: Schema, depth: number): unknown {
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type;
  if (type === "string") return textLike(schema);
  if (type === "integer" || type === "number") return typeof schema.minimum === "number" ? schema.minimum : 1;
  if (type === "boolean") return true;
  if (type === "array") {
    const isWanted = typeof schema.minItems === "number" && schema.minItems > 0;
    return isWanted && depth < DEPTH_MAX ? [valueLike(asSchema(schema.items), depth + 1)] : [];
  }
  if (type !== "object" && !("properties" in schema)) return depth === 0 ? {} : null;
  if (depth >= DEPTH_MAX) return {};
  const properties = Object.entries(asSchema(schema.properties));
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const demanded = properties.filter(([name]) => required.has(name));
  // Where nothing is demanded, something shows how it is meant.
  const wanted = demanded.length === 0 && depth === 0 ? properties.slice(0, SHOWN_MAX) : demanded;
  return Object.fromEntries(
    wanted.slice(0, MEMBERS_MAX).map(([name, member]) => [name, valueLike(asSchema(member), depth + 1)]),
  );
}

const FORMATS: Readonly<Record<string, string>> = {
  date: "2026-11-30",
  "date-time": "2026-11-30T12:00:00Z",
  time: "12:00:00Z",
  email: "someone@example.com",
  uri: "https://example.com/",
  url: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000",
};

const textLike = ({ format }: Schema): string => (typeof format === "string" && FORMATS[format]) || "…";

const asSchema = (value: unknown): Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : {};
