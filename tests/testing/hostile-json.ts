import fc from "fast-check";
import { hostileNames, hostileValues } from "./hostile-sources.ts";
import type { JsonSchema } from "./operations.ts";

/** JSON text that no value in memory stands for, such as `1e400`. */
class JsonSource {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The members of an object in order; a name may come more than once. */
class Members {
  readonly entries: readonly (readonly [string, unknown])[];

  constructor(entries: readonly (readonly [string, unknown])[]) {
    this.entries = entries;
  }
}

function toJsonText(value: unknown): string {
  if (value instanceof JsonSource) return value.text;
  if (Array.isArray(value)) return `[${value.map(toJsonText).join(",")}]`;
  if (value instanceof Members) {
    return `{${value.entries.map(([name, member]) => `${JSON.stringify(name)}:${toJsonText(member)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

const hostile = fc.constantFrom(...hostileValues.map((text) => new JsonSource(text)));

export interface JsonTaste {
  /** Weight of hostile parts against 20. */
  hostility: number;
  /** By member name: values that mean something to the server. */
  samples: Readonly<Record<string, readonly unknown[]>>;
}

/** JSON texts that mostly are what the schema asks for, with hostile parts anywhere. */
export const jsonTextFor = (schema: JsonSchema, taste: JsonTaste): fc.Arbitrary<string> =>
  valueFor(schema, taste).map(toJsonText);

const valueFor = (schema: JsonSchema, taste: JsonTaste): fc.Arbitrary<unknown> =>
  fc.oneof({ arbitrary: expectedFor(schema, taste), weight: 20 }, { arbitrary: hostile, weight: taste.hostility });

function expectedFor(schema: JsonSchema, taste: JsonTaste): fc.Arbitrary<unknown> {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return fc.oneof(...branches.map((branch) => expectedFor(branch, taste)));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  const min = schema.minimum ?? schema.exclusiveMinimum ?? 0;
  switch (schema.type) {
    case "string":
      return textFor(schema, taste);
    case "integer":
      return alsoAsText(fc.integer({ min, max: Math.min(schema.maximum ?? 2 ** 31, 2 ** 31) }));
    case "number":
      return alsoAsText(fc.double({ min, max: schema.maximum ?? 1e9, noNaN: true }));
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(valueFor(schema.items ?? {}, taste), { maxLength: 3 });
    case "object":
      return membersFor(schema, taste);
    default:
      return fc.jsonValue({ maxDepth: 3 });
  }
}

const alsoAsText = (numbers: fc.Arbitrary<number>) =>
  fc.oneof({ arbitrary: numbers, weight: 4 }, { arbitrary: numbers.map(String), weight: 1 });

function textFor(
  { format, pattern, minLength = 0, maxLength = 1_000 }: JsonSchema,
  { hostility }: JsonTaste,
): fc.Arbitrary<string> {
  if (format === "uuid") return fc.uuid();
  if (pattern !== undefined && hostility === 0)
    return fc.stringMatching(new RegExp(pattern)).filter((text) => text.length <= maxLength);
  const length = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) };
  if (hostility === 0) return fc.string(length);
  return fc.oneof(
    { arbitrary: fc.string(length), weight: 6 },
    { arbitrary: fc.string({ ...length, unit: "binary" }), weight: 3 },
    {
      arbitrary: fc.constantFrom(minLength, maxLength, maxLength + 1).map((size) => "a".repeat(Math.min(size, 12_000))),
      weight: 1,
    },
  );
}

/** Known members, then (or before them) unknown ones and known names a second time. */
function membersFor({ properties = {}, required = [] }: JsonSchema, taste: JsonTaste): fc.Arbitrary<Members> {
  const names = Object.keys(properties);
  const known = names.map((name) => {
    const sample = fc.constantFrom(...(taste.samples[name] ?? [null]));
    const value = fc.oneof(
      { arbitrary: valueFor(properties[name]!, taste), weight: taste.samples[name] && taste.hostility === 0 ? 0 : 1 },
      { arbitrary: sample, weight: taste.samples[name] ? 3 : 0 },
    );
    const present = value.map((value) => [[name, value] as const]);
    const absent = fc.constant([]);
    return fc.oneof({ arbitrary: present, weight: required.includes(name) ? 20 : 2 }, { arbitrary: absent, weight: 1 });
  });
  const name = fc.oneof(fc.constantFrom(...hostileNames, ...names), fc.string({ maxLength: 8 }));
  const extra = fc.array(fc.tuple(name, hostile), { maxLength: 3 });
  const sometimes = fc.oneof(
    { arbitrary: fc.constant([]), weight: names.length > 0 ? 10 : 1 },
    { arbitrary: extra, weight: taste.hostility },
  );
  return fc
    .tuple(fc.tuple(...known), sometimes, fc.boolean())
    .map(([given, more, first]) => new Members(first ? [...more, ...given.flat()] : [...given.flat(), ...more]));
}
