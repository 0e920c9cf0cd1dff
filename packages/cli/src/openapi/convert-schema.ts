import { isObject, isSchema, type JsonSchema } from "@agentgate/site/codegen";
import { flattenAllOf, isPlainObjectSchema } from "./flatten-all-of.ts";
import { unicodePattern } from "./pattern.ts";
import { plainText } from "./plain-text.ts";
import type { Direction, SchemaGraph } from "./schema-graph.ts";
import { dropped, keywordFault, schemaKeywords, schemaLists, schemaMaps } from "./schema-keywords.ts";

const depthMax = 100;
/** Schemas that are written out where they cannot be referred to, at most, in one import. */
const copiesMax = 20_000;
/** Properties that are merged out of `allOf`s at most, in one import. */
const mergedMax = 50_000;
/** Ways through alternatives that a check may have to try at one value, at most. A chain of them can have as many as it likes. */
const waysMax = 2000;
/** A description longer than this is cut: it is read by a model with every other one. */
const descriptionMax = 1000;

interface At {
  readonly direction: Direction;
  /** The referenced schema that is written, as long as no step into the value was made. */
  readonly within?: string | undefined;
  /** References whose own part stands in the definition that is written, to break circles. What two have in common is said once. */
  readonly opened?: Set<string> | undefined;
  /** Such a part is being written. */
  readonly isOpened?: boolean | undefined;
  /** Under a condition or an alternative of the schema that is written. */
  readonly perhaps?: boolean | undefined;
  /** Properties that do not travel, as a sibling of an `allOf` says. */
  readonly hidden?: ReadonlySet<string> | undefined;
  readonly depth: number;
  readonly note: (text: string) => void;
}

interface Definition {
  readonly name: string;
  schema: JsonSchema;
  isWritten: boolean;
  readonly notes: string[];
}

/**
 * OpenAPI schemas as JSON Schema 2020-12. What is referred to becomes a definition, once for each direction it differs in, and
 * is referred to by `#/$defs/NAME`, so that the work is bounded by the document.
 */
export class SchemaConverter {
  readonly #graph: SchemaGraph;
  readonly #definitions = new Map<string, Definition>();
  readonly #byName = new Map<string, JsonSchema>();
  readonly #ways = new Map<string, number>();
  #copies = 0;
  #merged = 0;

  constructor(graph: SchemaGraph) {
    this.#graph = graph;
  }

  /** Everything that was referred to so far, by name. */
  get definitions(): ReadonlyMap<string, JsonSchema> {
    return this.#byName;
  }

  /** @param note - told of what could not be taken over */
  convert(schema: unknown, direction: Direction, note: (text: string) => void): JsonSchema {
    return this.#convert(schema, { direction, depth: 0, note });
  }

  #convert(value: unknown, at: At): JsonSchema {
    if (typeof value === "boolean") return value;
    if (!isObject(value) || at.depth > depthMax) return true;
    return typeof value.$ref === "string" ? this.#reference(value.$ref, value, at) : this.#own(value, at);
  }

  #own(value: Record<string, unknown>, at: At): JsonSchema {
    const keywords = this.#keywords(value, at);
    const flat = flattenAllOf(keywords, (count) => {
      this.#merged += count;
      return this.#merged <= mergedMax;
    });
    return nullable(flat, value);
  }

  #reference(ref: string, value: Record<string, unknown>, at: At): JsonSchema {
    const { $ref: _, ...siblings } = value;
    const target = this.#target(ref, at);
    const rest = this.#keywords(siblings, at);
    if (target === true) return nullable(rest, value);
    const { description, ...constraints } = rest;
    if (target === false) return false;
    const plain = { ...target, ...(typeof description === "string" && { description }) };
    if (Object.keys(constraints).length === 0) return nullable(plain, value);
    return nullable(
      flattenAllOf({ allOf: [plain, constraints] }, () => true),
      value,
    );
  }

  /** What stands for a reference. */
  #target(ref: string, at: At): JsonSchema {
    const target = this.#graph.resolve(ref);
    if (target === undefined) {
      at.note(`a schema refers to ${ref}, which leads nowhere: anything may stand there`);
      return true;
    }
    if (!isObject(target)) return target === true;
    if (at.within !== undefined && !at.perhaps && this.#graph.inCircle(at.within, ref))
      return this.#open(ref, target, at);
    const isHidden = at.hidden && [...at.hidden].some((name) => this.#graph.mentioned(ref).has(name));
    if (isHidden && !this.#hidesItself(ref, target, at))
      return this.#copy(ref, target, {
        ...at,
        within: ref,
        perhaps: undefined,
        opened: new Set([ref]),
        isOpened: false,
      });
    return this.#define(ref, target, at);
  }

  #hidesItself(ref: string, target: Record<string, unknown>, at: At): boolean {
    const own = this.#graph.hidden(target, at.direction);
    return [...at.hidden!].every((name) => own.has(name) || !this.#graph.mentioned(ref).has(name));
  }

  /** The own part of a schema that leads back here: without the alternatives that do. */
  #open(ref: string, target: Record<string, unknown>, at: At): JsonSchema {
    const opened = at.opened ?? new Set([ref]);
    if (opened.has(ref)) {
      if (!at.isOpened) at.note(`a schema at ${ref} refers to itself, which says nothing`);
      return true;
    }
    opened.add(ref);
    return this.#copy(ref, target, { ...at, within: ref, opened, isOpened: true });
  }

  #copy(ref: string, target: Record<string, unknown>, at: At): JsonSchema {
    if (++this.#copies > copiesMax) {
      at.note(`${ref} is part of too many circles to be written out: anything may stand there`);
      return true;
    }
    return this.#convert(target, { ...at, depth: at.depth + 1 });
  }

  #define(ref: string, target: Record<string, unknown>, at: At): JsonSchema {
    const isDirectional = this.#graph.isDirectional(ref);
    const key = isDirectional ? `${at.direction} ${ref}` : ref;
    let definition = this.#definitions.get(key);
    if (!definition) {
      const name = this.#freeName(ref, isDirectional && at.direction === "input" ? "Input" : "");
      const notes: string[] = [];
      definition = { name, schema: true, isWritten: false, notes };
      this.#definitions.set(key, definition);
      this.#byName.set(name, true);
      const note = (text: string) => {
        if (!notes.includes(text)) notes.push(text);
      };
      definition.schema = this.#passable(
        this.#convert(target, { direction: at.direction, within: ref, opened: new Set([ref]), depth: 0, note }),
        name,
        ref,
        note,
      );
      definition.isWritten = true;
      this.#byName.set(name, definition.schema);
    }
    for (const text of definition.notes) at.note(text);
    // One that says nothing, or no more than another name, needs no name.
    if (definition.isWritten && typeof definition.schema === "boolean") return definition.schema;
    return { $ref: `#/$defs/${definition.name}` };
  }

  /** Without its alternatives where they are too many to be tried. */
  #passable(schema: JsonSchema, name: string, ref: string, note: (text: string) => void): JsonSchema {
    const ways = this.#waysThrough(schema);
    this.#ways.set(name, ways > waysMax ? 1 : ways);
    if (ways <= waysMax || !isObject(schema)) return schema;
    note(`the alternatives at ${ref} can be combined in too many ways; they are left out`);
    if (schema.$ref !== undefined) return true;
    return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !branching.has(keyword)));
  }

  #waysThrough(schema: unknown): number {
    if (!isObject(schema)) return 1;
    let ways = 1;
    if (typeof schema.$ref === "string") ways += this.#ways.get(schema.$ref.slice("#/$defs/".length)) ?? 1;
    for (const keyword of branching) {
      const part = schema[keyword];
      const parts = Array.isArray(part) ? part : keyword === "dependentSchemas" ? Object.values(Object(part)) : [part];
      for (const one of parts) if (isObject(one)) ways += this.#waysThrough(one);
    }
    return ways;
  }

  #freeName(ref: string, suffix: string): string {
    const last = ref.split("/").at(-1) ?? "";
    const wanted = `${decode(last).replace(/[^\w.-]+/g, "_") || "Root"}${suffix}`;
    let name = forbidden.has(wanted) ? `${wanted}_` : wanted;
    for (let copy = 2; this.#byName.has(name); copy++) name = `${wanted}_${copy}`;
    return name;
  }

  /** The definition behind a bare reference, when it is ready to be merged into what refers to it. */
  #merging(schema: JsonSchema): JsonSchema {
    const ref = isObject(schema) && Object.keys(schema).length === 1 ? schema.$ref : undefined;
    if (typeof ref !== "string") return schema;
    const definition = this.#byName.get(ref.slice("#/$defs/".length));
    return isPlainObjectSchema(definition) ? definition : schema;
  }

  #keywords(value: Record<string, unknown>, at: At): Record<string, unknown> {
    const hidden = this.#hiddenIn(value, at);
    const inside: At = { direction: at.direction, depth: at.depth + 1, note: at.note };
    const inPlace: At = { ...at, hidden, depth: at.depth + 1 };
    const perhaps: At = { ...inPlace, perhaps: true };
    const result: Record<string, unknown> = {};
    for (const [key, entry] of Object.entries(modernised(value))) {
      if (dropped.has(key) || key === "$ref" || key.startsWith("x-")) continue;
      const fault = keywordFault(key, entry);
      if (fault) {
        if (fault === "restricting") at.note(`"${key}": ${shown(entry)} is no such keyword's value; it is left out`);
        continue;
      }
      if (key === "required") {
        const kept = (entry as string[]).filter((name) => !hidden.has(name));
        if (kept.length > 0) result.required = [...new Set(kept)];
      } else if (key === "pattern") {
        const pattern = unicodePattern(entry as string);
        if (pattern !== undefined) result.pattern = pattern;
        else at.note(`the pattern ${shown(entry)} is none of ECMA-262; it is left out`);
      } else if (key === "description") {
        result.description = plainText(entry as string, descriptionMax);
      } else if (schemaMaps.has(key)) {
        result[key] = this.#map(
          key,
          entry as Record<string, unknown>,
          hidden,
          key === "dependentSchemas" ? perhaps : inside,
        );
      } else if (schemaLists.has(key)) {
        const branches = this.#list(key, entry as unknown[], inPlace, inside);
        if (branches) result[key] = branches;
      } else if (schemaKeywords.has(key)) {
        const isInPlace = key === "not" || key === "if" || key === "then" || key === "else";
        if (isInPlace && this.#leadsBack(entry, at)) continue;
        result[key] = this.#convert(entry, isInPlace ? perhaps : inside);
      } else result[key] = entry;
    }
    if (
      result.patternProperties !== undefined &&
      Object.keys(Object(result.patternProperties)).length < Object.keys(Object(value.patternProperties)).length
    ) {
      // Names that only a pattern allowed must not be refused now.
      delete result.additionalProperties;
      delete result.unevaluatedProperties;
    }
    if ("example" in value && !("examples" in result)) result.examples = [value.example];
    return result;
  }

  #hiddenIn(value: Record<string, unknown>, at: At): ReadonlySet<string> {
    const isComposed =
      "allOf" in value || "anyOf" in value || "oneOf" in value || "required" in value || "properties" in value;
    const own = isComposed ? this.#graph.hidden(value, at.direction) : nothing;
    if (!at.hidden?.size) return own;
    return own.size === 0 ? at.hidden : new Set([...own, ...at.hidden]);
  }

  #map(key: string, entry: Record<string, unknown>, hidden: ReadonlySet<string>, at: At): Record<string, JsonSchema> {
    const converted: [string, JsonSchema][] = [];
    for (const [name, schema] of Object.entries(entry)) {
      if (key === "properties" && hidden.has(name)) continue;
      if (key === "dependentSchemas" && this.#leadsBack(schema, at)) continue;
      const wanted = key === "patternProperties" ? unicodePattern(name) : name;
      if (wanted === undefined) at.note(`the pattern ${shown(name)} is none of ECMA-262; its properties are left out`);
      else converted.push([wanted, this.#convert(schema, at)]);
    }
    return Object.fromEntries(converted);
  }

  #list(key: string, entry: unknown[], inPlace: At, inside: At): JsonSchema[] | undefined {
    const schemas = entry.filter(isSchema);
    if (key === "prefixItems") return schemas.map((schema) => this.#convert(schema, inside));
    if (key === "allOf") {
      const branches = new Map<string, JsonSchema>();
      for (const schema of schemas) {
        const branch = this.#convert(schema, inPlace);
        if (branch !== true) branches.set(JSON.stringify(branch), branch);
      }
      const distinct = [...branches.values()];
      if (distinct.length === 0) return undefined;
      return distinct.length === 1 ? distinct : distinct.map((branch) => this.#merging(branch));
    }
    if (schemas.some((schema) => this.#leadsBack(schema, inPlace))) return undefined;
    return schemas.map((schema) => this.#convert(schema, { ...inPlace, perhaps: true }));
  }

  /** An alternative or a condition that would be checked by itself. */
  #leadsBack(schema: unknown, { within, isOpened, note }: At): boolean {
    if (within === undefined) return false;
    const refs = this.#graph.inPlace(schema);
    if (isOpened) return refs.some((ref) => this.#graph.inCircle(within, ref));
    const leadsBack = refs.some((ref) => this.#graph.inCircleOfAlternatives(within, ref));
    if (leadsBack) note(`the alternatives at ${within} refer to themselves; they are left out`);
    return leadsBack;
  }
}

const branching = new Set(["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"]);
const nothing: ReadonlySet<string> = new Set();
const forbidden = new Set(["__proto__", "constructor", "prototype", "toString", "valueOf", "hasOwnProperty"]);

/** Draft 4's and OpenAPI 3.0's ways of saying, in those of 2020-12. */
function modernised(value: Record<string, unknown>): Record<string, unknown> {
  const modern = { ...value };
  if (Array.isArray(value.items)) {
    modern.prefixItems = value.items;
    delete modern.items;
    if (isSchema(value.additionalItems)) modern.items = value.additionalItems;
  }
  delete modern.additionalItems;
  exclusiveBound(modern, "exclusiveMinimum", "minimum");
  exclusiveBound(modern, "exclusiveMaximum", "maximum");
  return modern;
}

/** OpenAPI 3.0 says `minimum: 5, exclusiveMinimum: true`; JSON Schema 2020-12 says `exclusiveMinimum: 5`. */
function exclusiveBound(schema: Record<string, unknown>, exclusive: string, bound: string): void {
  if (typeof schema[exclusive] !== "boolean") return;
  if (schema[exclusive] && typeof schema[bound] === "number") {
    schema[exclusive] = schema[bound];
    delete schema[bound];
  } else {
    delete schema[exclusive];
  }
}

function nullable(schema: Record<string, unknown>, source: Record<string, unknown>): JsonSchema {
  if (source.nullable !== true || Object.keys(schema).length === 0) return schema;
  const types = typeof schema.type === "string" ? [schema.type] : schema.type;
  const withNull = Array.isArray(types) ? { type: [...new Set([...types, "null"])] } : {};
  const isPlain = schema.$ref === undefined && schema.const === undefined && !isComposed(schema);
  if (isPlain && Array.isArray(schema.enum)) {
    return { ...schema, enum: schema.enum.includes(null) ? schema.enum : [...schema.enum, null], ...withNull };
  }
  if (isPlain && Array.isArray(types)) return { ...schema, ...withNull };
  return { anyOf: [schema, { type: "null" }] };
}

const isComposed = (schema: Record<string, unknown>): boolean =>
  ["allOf", "anyOf", "oneOf", "not", "if"].some((keyword) => keyword in schema);

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
};

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};
