/** What holds data, not schemas. */
const values = new Set(["const", "default", "enum", "examples"]);

/**
 * A schema without the bounds that zod gives every integer, ±(2^53 − 1): it checks them all the same, and models
 * pay for reading them.
 */
export function withoutSafeBounds<Value>(schema: Value): Value {
  if (Array.isArray(schema)) return schema.map(withoutSafeBounds) as Value;
  if (typeof schema !== "object" || schema === null) return schema;
  const isInteger = "type" in schema && schema.type === "integer";
  const kept = Object.entries(schema).filter(([key, value]) => !(isInteger && isSafeBound(key, value)));
  return Object.fromEntries(
    kept.map(([key, value]) => [key, values.has(key) ? value : withoutSafeBounds(value)]),
  ) as Value;
}

const isSafeBound = (key: string, value: unknown) =>
  (key === "minimum" && value === Number.MIN_SAFE_INTEGER) || (key === "maximum" && value === Number.MAX_SAFE_INTEGER);
