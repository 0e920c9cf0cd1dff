/** A JSON object whose unknown members are nobody's business: they pass through. */
export type JsonObject = Record<string, unknown>;

const { isRawJSON } = JSON as unknown as { isRawJSON?: (value: unknown) => boolean };

/** An object as JSON has them. What `JSON.rawJSON` makes of a number is none. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) && isRawJSON?.(value) !== true;

/** A copy without these members and without undefined ones; every other member as it is, in its order. */
export function without(object: JsonObject, ...names: string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([name, value]) => value !== undefined && !names.includes(name)),
  );
}

/** A string that says something: ProtoJSON's empty string means "not set". */
export const nonEmpty = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** The object's member by its JSON name, else by its proto name: ProtoJSON parsers accept both. */
export const member = (object: JsonObject, name: string): unknown => object[name] ?? object[toSnakeCase(name)];

export const toSnakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Maps an array; what is not an array stays as it is. */
export const mapped = (value: unknown, map: (item: unknown) => unknown): unknown =>
  Array.isArray(value) ? value.map(map) : value;
