import type { JsonSchemaConverter, Schema, StandardJsonSchema } from "./standard-schema.ts";

/**
 * Joins a validator with the JSON Schema that describes it, for libraries that keep the two apart.
 * @param description a schema with `~standard.jsonSchema`, or a JSON Schema object that holds for input and output
 */
export function withJsonSchema<S extends Schema>(
  validator: S,
  description: StandardJsonSchema | Readonly<Record<string, unknown>>,
): S {
  const standard = { ...validator["~standard"], jsonSchema: converterOf(description) };
  return { "~standard": standard } as unknown as S;
}

function converterOf(description: StandardJsonSchema | Readonly<Record<string, unknown>>): JsonSchemaConverter {
  const standard = (description as Partial<StandardJsonSchema>)["~standard"];
  if (standard?.jsonSchema) return standard.jsonSchema;
  const copy = () => ({ ...(description as Record<string, unknown>) });
  return { input: copy, output: copy };
}
