import type { JsonSchema } from "@agentgate/protocol/site";
import { RegistrationError } from "../define/registration-error.ts";
import { withoutSafeBounds } from "./safe-integers.ts";
import type { JsonSchemaConverter, Schema } from "./standard-schema.ts";

type Direction = "input" | "output";

/** How to make a library's schemas describe themselves, by vendor name. */
const fixes: Record<string, string> = {
  valibot: "wrap it: toStandardJsonSchema(schema) of @valibot/to-json-schema",
  effect: "use withJsonSchema(Schema.toStandardSchemaV1(schema), Schema.toStandardJSONSchemaV1(schema))",
  zod: "use zod 4.2 or later, not zod 3 or zod/mini",
  arktype: "use arktype 2.1.28 or later",
};

/**
 * The schema as JSON Schema 2020-12, without `$schema`.
 * @throws RegistrationError that names the schema's place and how to fix it
 */
export function toJsonSchema(schema: Schema, direction: Direction, place: string): JsonSchema {
  const standard = standardOf(schema, place) as Schema["~standard"] & { readonly jsonSchema?: JsonSchemaConverter };
  if (!standard.jsonSchema) {
    throw new RegistrationError(
      `${place}: this ${standard.vendor} schema cannot describe itself as JSON Schema. ` +
        `To fix it, ${fixes[standard.vendor] ?? "use withJsonSchema(schema, jsonSchema)"}.`,
    );
  }
  let converted: Record<string, unknown>;
  try {
    converted = standard.jsonSchema[direction]({ target: "draft-2020-12" });
  } catch (error) {
    throw new RegistrationError(
      `${place}: ${standard.vendor} cannot express this schema as JSON Schema (${reason(error)}). ` +
        "Use types that JSON has (a date is a string: z.iso.datetime()), or withJsonSchema(schema, jsonSchema).",
      { cause: error },
    );
  }
  const { $schema: _, "~standard": __, ...fragment } = converted;
  return standard.vendor === "zod" ? withoutSafeBounds(fragment) : fragment;
}

function standardOf(schema: Schema, place: string): Schema["~standard"] {
  const candidate: unknown = schema;
  const standard = isObjectOrFunction(candidate) ? (candidate as Partial<Schema>)["~standard"] : undefined;
  if (typeof standard?.validate === "function") return standard;
  throw new RegistrationError(
    `${place}: not a Standard Schema. Pass a schema of zod 4, arktype, valibot or effect; ` +
      "for JSON Schema or TypeBox use fromJsonSchema of @agentgate/site/json-schema.",
  );
}

const isObjectOrFunction = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));
