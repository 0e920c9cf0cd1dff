import { isObject, isSchema } from "@agentgate/site/codegen";

/** Keywords that hold schemas by name, in a list, or one. */
export const schemaMaps: ReadonlySet<string> = new Set(["properties", "patternProperties", "dependentSchemas"]);
export const schemaLists: ReadonlySet<string> = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
export const schemaKeywords: ReadonlySet<string> = new Set([
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

/** Keywords that mean nothing here: OpenAPI's own, and those that say where a schema stands. */
export const dropped: ReadonlySet<string> = new Set([
  ..."nullable discriminator xml externalDocs example readOnly writeOnly $schema $id $anchor $defs definitions id".split(
    " ",
  ),
  ..."$dynamicAnchor $dynamicRef $recursiveAnchor $recursiveRef $vocabulary $comment".split(" "),
]);

const types = new Set(["string", "number", "integer", "boolean", "null", "array", "object"]);
const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
const isNumber = (value: unknown) => typeof value === "number" && Number.isFinite(value);
const isText = (value: unknown) => typeof value === "string";
const isFlag = (value: unknown) => typeof value === "boolean";
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isListOfSchemas = (value: unknown) => Array.isArray(value) && value.some(isSchema);

/** What a keyword's value has to be. A validator that meets another would refuse every value, or break. */
const shapes: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: (value) =>
    types.has(value as string) || (Array.isArray(value) && value.length > 0 && value.every((type) => types.has(type))),
  enum: (value) => Array.isArray(value) && value.length > 0,
  required: isTexts,
  dependentRequired: (value) => isObject(value) && Object.values(value).every(isTexts),
  pattern: isText,
  format: isText,
  title: isText,
  description: isText,
  minLength: isCount,
  maxLength: isCount,
  minItems: isCount,
  maxItems: isCount,
  minContains: isCount,
  maxContains: isCount,
  minProperties: isCount,
  maxProperties: isCount,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  multipleOf: (value) => isNumber(value) && (value as number) > 0,
  uniqueItems: isFlag,
  deprecated: isFlag,
  examples: Array.isArray,
  ...Object.fromEntries([...schemaMaps].map((keyword) => [keyword, isObject])),
  ...Object.fromEntries([...schemaLists].map((keyword) => [keyword, isListOfSchemas])),
  ...Object.fromEntries([...schemaKeywords].map((keyword) => [keyword, isSchema])),
};

/** Keywords whose absence a reader should hear of: they would have restricted something. */
const annotations = new Set(["title", "description", "examples", "deprecated", "format"]);

export type KeywordFault = "harmless" | "restricting";

/** What is wrong with a keyword's value; undefined when nothing is. */
export function keywordFault(keyword: string, value: unknown): KeywordFault | undefined {
  const shape = Object.hasOwn(shapes, keyword) ? shapes[keyword] : undefined;
  if (!shape || shape(value)) return undefined;
  return annotations.has(keyword) || keyword === "required" ? "harmless" : "restricting";
}
