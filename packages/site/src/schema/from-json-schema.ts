import { type Schema as CfworkerSchema, Validator } from "@cfworker/json-schema";
import type { StandardIssue, StandardResult, StandardSchema } from "./standard-schema.ts";

/** Checks a value; returns what is wrong with it, nothing when it is valid. */
export type JsonSchemaCheck = (value: unknown) => readonly StandardIssue[];

/**
 * A schema from plain JSON Schema 2020-12 or TypeBox: `fromJsonSchema<{ query: string }>({ type: "object", … })`.
 * Validates with `@cfworker/json-schema`, which runs everywhere, unless another check is given.
 */
export function fromJsonSchema<T = unknown>(
  jsonSchema: Readonly<Record<string, unknown>>,
  check: JsonSchemaCheck = cfworkerCheck(jsonSchema),
): StandardSchema<T, T> {
  const validate = (value: unknown): StandardResult<T> => {
    const issues = check(value);
    return issues.length ? { issues } : { value: value as T };
  };
  const copy = () => structuredClone(jsonSchema) as Record<string, unknown>;
  const standard = { version: 1 as const, vendor: "json-schema", validate, jsonSchema: { input: copy, output: copy } };
  return { "~standard": standard };
}

function cfworkerCheck(jsonSchema: Readonly<Record<string, unknown>>): JsonSchemaCheck {
  const validator = new Validator(jsonSchema as CfworkerSchema, "2020-12", false);
  return (value) => {
    const { valid, errors } = validator.validate(value);
    if (valid) return [];
    const leaves = errors.filter(({ keyword }) => !wrappers.has(keyword));
    return (leaves.length ? leaves : errors).map(({ error, instanceLocation }) => ({
      message: error,
      path: pathOf(instanceLocation),
    }));
  };
}

/** Keywords whose errors only say that something below them failed. */
const wrappers = new Set(["properties", "items", "prefixItems", "$ref", "allOf", "additionalProperties"]);

/** `#/items/0` → `["items", "0"]` */
const pathOf = (location: string): string[] =>
  location
    .replace(/^#\/?/, "")
    .split("/")
    .filter((token) => token !== "")
    .map((token) => decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~"));
