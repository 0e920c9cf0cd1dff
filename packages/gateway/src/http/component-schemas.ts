import { z } from "zod";

export type JsonSchema = Record<string, unknown>;

const DEFINITION = "#/$defs/";

export const refTo = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/**
 * Turns the schemas that validate into those of a document. One with a name, `.meta({ id: "Agent" })`, stands once among the components,
 * and wherever it is used is a reference to it.
 */
export class ComponentSchemas {
  readonly #named: Map<string, JsonSchema>;

  /** @param given components that are not made of zod's schemas */
  constructor(given: Readonly<Record<string, JsonSchema>> = {}) {
    this.#named = new Map(Object.entries(given));
  }

  /**
   * @param io whether it is what comes in or what is answered
   * @throws Error when two schemas have one name: a name says one thing
   */
  schemaOf(schema: z.ZodType, io: "input" | "output"): JsonSchema {
    const written = z.toJSONSchema(schema, { io, unrepresentable: "any", override: forReaders });
    const {
      $schema,
      $defs = {},
      ...rest
    } = toReferences(written) as JsonSchema & { $defs?: Record<string, JsonSchema> };
    for (const [name, definition] of Object.entries($defs)) this.#add(name, definition);
    return rest;
  }

  /** By name, in the order of the alphabet. */
  all(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#named].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #add(name: string, definition: JsonSchema): void {
    const known = this.#named.get(name);
    if (known && JSON.stringify(known) !== JSON.stringify(definition)) {
      throw new Error(`Two schemas are named ${name}; one that is both asked and answered must read the same in both`);
    }
    this.#named.set(name, definition);
  }
}

/** References among zod's own definitions become references to the document's; what is said twice is said once. */
function toReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toReferences);
  if (typeof value !== "object" || value === null) return value;
  const written: JsonSchema = {};
  for (const [name, member] of Object.entries(value)) {
    if (name === "$ref" && `${member}`.startsWith(DEFINITION))
      Object.assign(written, refTo(member.slice(DEFINITION.length)));
    else if (name === "anyOf" && Array.isArray(member)) written[name] = flatAlternatives(member.map(toReferences));
    // Names of members are texts anyway.
    else if (name !== "propertyNames" || JSON.stringify(member) !== '{"type":"string"}')
      written[name] = toReferences(member);
  }
  return written;
}

/** `null` or one of (`null` or text) is `null` or text. */
function flatAlternatives(alternatives: readonly unknown[]): unknown[] {
  const flat = alternatives.flatMap((one) => {
    const { anyOf, ...rest } = one as { anyOf?: unknown[] };
    return anyOf && Object.keys(rest).length === 0 ? anyOf : [one];
  });
  return flat.filter(
    (one, index) => flat.findIndex((other) => JSON.stringify(other) === JSON.stringify(one)) === index,
  );
}

/**
 * A format says what its pattern says, an integer needs no bounds of JavaScript's; a default stays although the value is read first.
 * Answers may gain members at any time, so none are ruled out.
 */
function forReaders({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}) {
  if (jsonSchema.format) delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  const { def } = zodSchema._zod;
  if (def.type === "default" && typeof def.defaultValue !== "object") jsonSchema.default = def.defaultValue;
}
