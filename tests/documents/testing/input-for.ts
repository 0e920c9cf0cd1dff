import { isDeepStrictEqual } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";

type Schema = Record<string, any>;

const DEPTH_MAX = 24;
const ATTEMPTS = 16;

const samples: Record<string, string> = {
  uuid: "123e4567-e89b-42d3-a456-426614174000",
  date: "2026-11-30",
  "date-time": "2026-11-30T12:00:00Z",
  time: "12:00:00Z",
  duration: "P1D",
  email: "someone@example.com",
  uri: "https://example.com/a",
  url: "https://example.com/a",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  byte: "aGVsbG8=",
};

/** For patterns that no generator reads: with look-around, mostly. */
const guesses = [
  samples.uuid!,
  "a",
  "A",
  "1",
  "a1",
  "Aa1",
  "abc",
  "example.com",
  "https://example.com/a",
  "1.0.0",
  "en-US",
  "/a/b",
  "a:b",
  "0x1",
];

/**
 * A value that this input schema of an intent takes, small rather than rich.
 *
 * @returns undefined when none was found
 */
export function inputFor(schema: Schema): { input: unknown } | undefined {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const isValid = ajv.compile(schema);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      const input = new Writer(schema, attempt).value(schema, 0, 0);
      if (isValid(input)) return { input };
    } catch (error) {
      if (!(error instanceof Unending)) throw error;
    }
  }
  return undefined;
}

/** A schema that asks for itself without end. */
class Unending extends Error {}

/** Writes one value; each attempt takes other ways where there are several. */
class Writer {
  readonly #root: Schema;
  readonly #attempt: number;

  constructor(root: Schema, attempt: number) {
    this.#root = root;
    this.#attempt = attempt;
  }

  /** @param index - of an item among others, which may have to differ */
  value(given: unknown, depth: number, index: number): unknown {
    if (depth > DEPTH_MAX) throw new Unending();
    const schema = this.#plain(given, depth);
    if ("const" in schema) return schema.const;
    if (Array.isArray(schema.enum)) return schema.enum[(this.#attempt + index) % schema.enum.length];
    switch (typeOf(schema)) {
      case "object":
        return this.#object(schema, depth);
      case "array":
        return this.#array(schema, depth);
      case "integer":
      case "number":
        return this.#number(schema, index);
      case "boolean":
        return true;
      case "null":
        return null;
      default:
        return this.#text(schema, index);
    }
  }

  /** One schema of all that hold together, by one way through its alternatives. */
  #plain(given: unknown, depth: number): Schema {
    if (depth > DEPTH_MAX) throw new Unending();
    if (typeof given !== "object" || given === null) return {};
    const { $ref, allOf = [], anyOf, oneOf, ...own } = given as Schema;
    const parts: unknown[] = [...allOf];
    if (typeof $ref === "string") parts.unshift(this.#root.$defs?.[decodeURIComponent($ref.slice("#/$defs/".length))]);
    for (const branches of [anyOf, oneOf]) if (branches) parts.push(branches[this.#attempt % branches.length]);
    return parts.reduce<Schema>((whole, part) => merged(whole, this.#plain(part, depth + 1)), own);
  }

  #object({ properties = {}, required = [], minProperties = 0, additionalProperties }: Schema, depth: number): unknown {
    const names: string[] = [...required];
    const wanted = Math.max(minProperties, this.#optionalMax(depth));
    for (const name of Object.keys(properties)) {
      if (names.length < wanted && !names.includes(name)) names.push(name);
    }
    const entries = names.map((name) => [name, this.value(properties[name] ?? additionalProperties, depth + 1, 0)]);
    for (let more = names.length; more < minProperties; more++) {
      entries.push([`more${more}`, this.value(additionalProperties, depth + 1, more)]);
    }
    return Object.fromEntries(entries);
  }

  /** First what has to be there alone, then some, then all that there is, which tells alternatives apart. */
  #optionalMax(depth: number): number {
    if (this.#attempt < ATTEMPTS / 2 || depth > 3) return 0;
    return this.#attempt < (3 * ATTEMPTS) / 4 ? 3 : Infinity;
  }

  #array(
    { items, prefixItems = [], minItems = this.#attempt % 2, maxItems = minItems }: Schema,
    depth: number,
  ): unknown {
    const count = Math.min(Math.max(minItems, prefixItems.length), Math.max(maxItems, minItems), 1_000);
    return Array.from({ length: count }, (_, index) => this.value(prefixItems[index] ?? items, depth + 1, index));
  }

  #number({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, type }: Schema, index: number): number {
    const step = multipleOf ?? (type === "number" ? 0.5 : 1);
    const low = Math.max(
      minimum ?? -Infinity,
      exclusiveMinimum === undefined ? -Infinity : exclusiveMinimum + step / 2,
    );
    const high = Math.min(maximum ?? Infinity, exclusiveMaximum === undefined ? Infinity : exclusiveMaximum - step / 2);
    const wanted = Math.min(Math.max(1 + index, low), high);
    const rounded = Math.ceil(wanted / step) * step;
    if (rounded <= high) return rounded;
    const below = Math.floor(high / step) * step;
    return below >= low ? below : wanted;
  }

  #text(
    { format, pattern, minLength = 0, maxLength = Infinity, examples, default: otherwise }: Schema,
    index: number,
  ): string {
    const fits = (text: unknown): text is string =>
      typeof text === "string" && text.length >= minLength && text.length <= maxLength;
    if (pattern !== undefined) {
      const expression = new RegExp(pattern, "u");
      const told = [...(examples ?? []), otherwise, samples[format ?? ""], ...guesses].filter(
        (text) => fits(text) && expression.test(text),
      );
      const made = matching(expression, this.#attempt + index);
      // Repeated where it is too short, cut where it is too long.
      const stretched = made.map((text) =>
        (text || "a").repeat(Math.ceil(minLength / (text.length || 1))).slice(0, maxLength),
      );
      const fitting = [...made, ...stretched].find((text) => fits(text) && expression.test(text));
      return told[index] ?? fitting ?? told[0] ?? "";
    }
    const sample = samples[format ?? ""];
    if (fits(sample) && index === 0) return sample;
    return `${index || ""}`.padStart(Math.max(1, minLength), "a").slice(0, maxLength);
  }
}

function matching(expression: RegExp, seed: number): string[] {
  try {
    return fc.sample(fc.stringMatching(expression), { numRuns: 40, seed });
  } catch {
    return [];
  }
}

function typeOf({ type, properties, required, items }: Schema): string {
  const [first] = [type].flat().filter((name) => name !== "null");
  if (first !== undefined || type === "null") return first ?? "null";
  if (properties || required) return "object";
  return items ? "array" : "string";
}

/** What holds when both do, as far as it can be said in one. */
function merged(a: Schema, b: Schema): Schema {
  const both: Schema = { ...b, ...a };
  if (a.properties && b.properties) {
    const names = new Set([...Object.keys(a.properties), ...Object.keys(b.properties)]);
    both.properties = Object.fromEntries(
      [...names].map((name) => {
        const [one, other] = [a.properties[name], b.properties[name]];
        return [
          name,
          one === undefined || other === undefined || isDeepStrictEqual(one, other)
            ? (one ?? other)
            : { allOf: [one, other] },
        ];
      }),
    );
  }
  if (a.required && b.required) both.required = [...new Set([...a.required, ...b.required])];
  if (a.enum && b.enum) both.enum = a.enum.filter((value: unknown) => b.enum.includes(value));
  if (a.type && b.type) {
    const common = [a.type].flat().filter((name) => [b.type].flat().includes(name));
    if (common.length > 0) both.type = common;
  }
  if (a.items && b.items) both.items = { allOf: [a.items, b.items] };
  for (const name of ["minimum", "minLength", "minItems", "minProperties"]) {
    if (name in a && name in b) both[name] = Math.max(a[name], b[name]);
  }
  for (const name of ["maximum", "maxLength", "maxItems", "maxProperties"]) {
    if (name in a && name in b) both[name] = Math.min(a[name], b[name]);
  }
  return both;
}
