import { nearest } from "@agentgate/protocol";
import type { JsonSchema } from "@agentgate/protocol/site";
import { CliError } from "../cli-error.ts";
import { describeFields, inputFields, nameType, readValue, takesAnything } from "./schema-fields.ts";

/**
 * `query=ramen max_results=5 tags:='["a"]'` as the input of an operation: values are read by its schema, after `:=` as JSON.
 *
 * @throws {@link CliError} usage: a word without `=`, an argument that the schema does not know, a value of another type
 */
export function readArguments(words: readonly string[], schema: JsonSchema): Record<string, unknown> {
  const fields = new Map(inputFields(schema).map((field) => [field.name, field]));
  const input: Record<string, unknown> = {};
  for (const word of words) {
    const [, name = "", raw, text = ""] = /^([^=]+?)(:?)=(.*)$/s.exec(word) ?? [];
    if (!name)
      throw usage(
        `"${word}" is not an argument`,
        "Write arguments as name=value, or name:=JSON; a whole JSON object goes after --input",
      );
    const field = fields.get(name);
    if (!field && !takesAnything(schema)) {
      const close = nearest(name, [...fields.keys()]);
      const known = describeFields(schema) || "none";
      throw usage(
        `There is no argument "${name}"`,
        close ? `Did you mean "${close}"? Arguments: ${known}` : `Arguments: ${known}`,
      );
    }
    const type = raw ? "json" : (field?.type ?? "json");
    const value = raw && !isJson(text) ? undefined : readValue(text, type);
    if (value === undefined) throw usage(`${name} has to be ${nameType(type)}, not ${JSON.stringify(text)}`);
    Object.defineProperty(input, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return input;
}

/** @throws {@link CliError} usage, naming every argument that is required and was not given */
export function demandRequired(input: Record<string, unknown>, schema: JsonSchema, name: string): void {
  const missing = inputFields(schema).filter((field) => field.required && input[field.name] === undefined);
  if (missing.length === 0) return;
  const named = missing.map((field) => field.name);
  const words = missing.map((field) => `${field.name}=${field.type === "json" ? "…" : field.type}`);
  throw usage(`${name} needs ${named.join(", ")}`, `Add ${words.join(" ")}. Arguments: ${describeFields(schema)}`);
}

/** The input as one JSON object, as `--input` takes it. */
export function readInputOption(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {}
  throw usage("--input has to be a JSON object", `For example --input '{"query":"ramen"}'`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const usage = (message: string, hint?: string) =>
  new CliError("usage", message, { ...(hint && { hint }), exitCode: 2 });
