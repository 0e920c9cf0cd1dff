import type { JsonSchema } from "@agentgate/protocol/site";

/** One property of an input, as far as a command line can use its schema. */
export interface InputField {
  readonly name: string;
  readonly required: boolean;
  /** `string`, `number`, `integer`, `boolean`, or `json` for everything that has parts or alternatives. */
  readonly type: string;
  readonly description: string;
  readonly choices: readonly unknown[];
  readonly fallback: unknown;
}

const plainTypes = new Set(["string", "number", "integer", "boolean"]);

export function inputFields(schema: JsonSchema): InputField[] {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  return Object.entries(properties).map(([name, value]) => {
    const property = isObject(value) ? value : {};
    const types = [property.type].flat().filter((type) => type !== "null");
    const choices = Array.isArray(property.enum) ? property.enum : [];
    const type = types.length === 1 && plainTypes.has(String(types[0])) ? String(types[0]) : choiceType(choices);
    return {
      name,
      required: required.has(name),
      type,
      description: typeof property.description === "string" ? property.description : "",
      choices,
      fallback: property.default,
    };
  });
}

/** Whether arguments beyond the properties make sense. */
export const takesAnything = (schema: JsonSchema): boolean =>
  !isObject(schema.properties) || (schema.additionalProperties !== undefined && schema.additionalProperties !== false);

/** `query, max_results?` */
export const describeFields = (schema: JsonSchema): string =>
  inputFields(schema)
    .map(({ name, required }) => (required ? name : `${name}?`))
    .join(", ");

/**
 * The value that a text stands for, by the field's type.
 *
 * @returns undefined when it stands for none
 */
export function readValue(text: string, type: string): unknown {
  if (type === "string") return text;
  try {
    const value: unknown = JSON.parse(text);
    if (type === "json") return value;
    const fits = type === "integer" ? Number.isInteger(value) : typeof value === type;
    return fits ? value : undefined;
  } catch {
    // A list or an object has to be JSON; for what may be a text too, a bare word is meant as text.
    return type === "json" && !/^\s*[[{"]/.test(text) ? text : undefined;
  }
}

/** `a string`, `an integer`, `JSON` */
export const nameType = (type: string): string =>
  type === "json" ? "JSON" : `${type === "integer" ? "an" : "a"} ${type}`;

const choiceType = (choices: readonly unknown[]): string =>
  choices.length > 0 && choices.every((choice) => typeof choice === "string") ? "string" : "json";

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
