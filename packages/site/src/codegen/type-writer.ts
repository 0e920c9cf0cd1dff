import { docComment, propertyKey, typeName } from "./identifier.ts";
import { quoted } from "./plain-text.ts";
import { isObject, isSchema, type JsonSchema, reachableReferences, resolveReference } from "./schema-reference.ts";

/** Deeper than this a schema is written as `unknown`. */
const depthMax = 64;
/** Further references are written as `unknown`: a stranger's schema may have any number, each with all others behind it. */
const declarationsMax = 1000;
/** References behind a definition up to which it is compared with others that may mean the same. */
const comparedMax = 100;
/** Deeper than this through references too, which the stack has to hold. */
const levelsMax = 1000;

/**
 * Writes JSON Schemas as TypeScript types. Definitions behind `$ref` become named declarations, shared between schemas when
 * they mean the same.
 *
 * Covered: the type keywords, `properties`, `required`, `additionalProperties`, `items`, `prefixItems`, `enum`, `const`,
 * `anyOf`, `oneOf`, `allOf`, `$ref`, `nullable`. What it cannot say in a type is left wider, never narrower.
 */
export class TypeWriter {
  readonly #declarations = new Map<string, string>();
  readonly #nameByMeaning = new Map<string, string>();
  readonly #nameByReference = new WeakMap<object, Map<string, string>>();
  readonly #taken: Set<string>;
  #level = 0;

  /** @param taken - names that declarations must not use */
  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  /**
   * The type of `schema`; lines after the first are indented by `indent`.
   *
   * @param root - where its references lead; one root for several schemas lets them share their declarations
   */
  write(schema: JsonSchema | undefined, indent = "", root: JsonSchema | undefined = schema): string {
    return schema === undefined || root === undefined ? "unknown" : bare(this.#type(schema, root, indent, 0));
  }

  /** The named types that were needed so far, as exported declarations. */
  declarations(): string[] {
    return [...this.#declarations].map(([name, text]) => `export type ${name} = ${text};`);
  }

  #type(schema: JsonSchema, root: JsonSchema, indent: string, depth: number): string {
    if (schema === false) return "never";
    if (schema === true || depth > depthMax || this.#level > levelsMax) return "unknown";
    this.#level++;
    const type = this.#bareType(schema, root, indent, depth + 1);
    this.#level--;
    return schema.nullable === true && type !== "unknown" ? union([type, "null"]) : type;
  }

  #bareType(schema: Record<string, unknown>, root: JsonSchema, indent: string, depth: number): string {
    if (typeof schema.$ref === "string") return this.#reference(schema.$ref, root);
    if ("const" in schema) return literal(schema.const);
    if (Array.isArray(schema.enum)) return union(schema.enum.map(literal));

    const parts: string[] = [];
    for (const keyword of ["anyOf", "oneOf"] as const) {
      const branches = schemas(schema[keyword]);
      if (branches.length > 0) parts.push(union(branches.map((branch) => this.#type(branch, root, indent, depth))));
    }
    for (const branch of schemas(schema.allOf)) parts.push(this.#type(branch, root, indent, depth));

    const own = this.#ownType(schema, root, indent, depth);
    if (own !== "unknown") parts.unshift(own);
    return intersection(parts);
  }

  #ownType(schema: Record<string, unknown>, root: JsonSchema, indent: string, depth: number): string {
    if (Array.isArray(schema.type)) {
      return union(schema.type.map((type) => this.#ownType({ ...schema, type }, root, indent, depth)));
    }
    switch (schema.type ?? impliedType(schema)) {
      case "string":
        return "string";
      case "number":
      case "integer":
        return "number";
      case "boolean":
        return "boolean";
      case "null":
        return "null";
      case "array":
        return this.#array(schema, root, indent, depth);
      case "object":
        return this.#object(schema, root, indent, depth);
      default:
        return "unknown";
    }
  }

  #array(schema: Record<string, unknown>, root: JsonSchema, indent: string, depth: number): string {
    const item = isSchema(schema.items) ? this.#type(schema.items, root, indent, depth) : "unknown";
    const prefix = schemas(schema.prefixItems).map((entry) => this.#type(entry, root, indent, depth));
    if (prefix.length === 0) return /^[\w.]+$/.test(item) ? `${item}[]` : `Array<${bare(item)}>`;
    const required = typeof schema.minItems === "number" ? schema.minItems : 0;
    const entries = prefix.map((type, index) => (index < required ? bare(type) : `(${bare(type)})?`));
    if (item !== "never") entries.push(`...Array<${bare(item)}>`);
    return `[${entries.join(", ")}]`;
  }

  #object(schema: Record<string, unknown>, root: JsonSchema, indent: string, depth: number): string {
    const properties = isObject(schema.properties) ? Object.entries(schema.properties) : [];
    const rest = schema.additionalProperties;
    if (properties.length === 0) {
      if (rest === false) return "Record<string, never>";
      return `Record<string, ${isSchema(rest) ? bare(this.#type(rest, root, indent, depth)) : "unknown"}>`;
    }
    const required = new Set(Array.isArray(schema.required) ? schema.required : []);
    const inner = `${indent}  `;
    const lines = properties.map(([name, property]) => {
      const type = isSchema(property) ? this.#type(property, root, inner, depth) : "unknown";
      const doc = docComment(isObject(property) ? property.description : undefined, inner);
      return `${doc}${inner}${propertyKey(name)}${required.has(name) ? "" : "?"}: ${bare(type)};\n`;
    });
    // An index signature must fit every property, so a typed rest can only be said as `unknown`.
    if (isObject(rest) || rest === true) lines.push(`${inner}[key: string]: unknown;\n`);
    return `{\n${lines.join("")}${indent}}`;
  }

  #reference(ref: string, root: JsonSchema): string {
    const names = this.#namesIn(root);
    let name = names.get(ref);
    if (name === undefined) {
      name = this.#nameOf(ref, root);
      names.set(ref, name);
    }
    return name;
  }

  #nameOf(ref: string, root: JsonSchema): string {
    const target = resolveReference(root, ref);
    if (target === undefined || this.#declarations.size >= declarationsMax) return "unknown";
    const reachable = reachableReferences(target, root, comparedMax);
    // One with so much behind it is the same as another only by its place.
    const meaning = reachable && JSON.stringify([target, [...reachable].sort(byName)]);
    const known = meaning && this.#nameByMeaning.get(meaning);
    if (known) return known;

    const name = this.#freeName(typeName(ref.split(/[#/]/).at(-1) || "Root"));
    if (meaning) this.#nameByMeaning.set(meaning, name);
    else this.#namesIn(root).set(ref, name);
    this.#declarations.set(name, "unknown"); // keeps its place before the types it needs
    const text = bare(this.#type(target, root, "", 0));
    this.#declarations.set(name, text === name ? "unknown" : text);
    return name;
  }

  #namesIn(root: JsonSchema): Map<string, string> {
    const key = root as object; // whatever holds a reference is an object
    const names = this.#nameByReference.get(key) ?? new Map<string, string>();
    this.#nameByReference.set(key, names);
    return names;
  }

  #freeName(wanted: string): string {
    let name = wanted;
    for (let copy = 2; this.#taken.has(name); copy++) name = `${wanted}${copy}`;
    this.#taken.add(name);
    return name;
  }
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

const schemas = (value: unknown): JsonSchema[] => (Array.isArray(value) ? value.filter(isSchema) : []);

function impliedType(schema: Record<string, unknown>): string | undefined {
  if (isObject(schema.properties) || isSchema(schema.additionalProperties)) return "object";
  if ("items" in schema || "prefixItems" in schema) return "array";
  return undefined;
}

function literal(value: unknown): string {
  if (typeof value === "object" && value !== null)
    return Array.isArray(value) ? "unknown[]" : "Record<string, unknown>";
  return typeof value === "string" ? quoted(value) : (JSON.stringify(value) ?? "unknown");
}

// Unions and intersections are written in parentheses, which `bare` takes off where the place needs none.

function union(types: readonly string[]): string {
  const distinct = [...new Set(types)];
  if (distinct.includes("unknown")) return "unknown";
  const shown = distinct.filter((type) => type !== "never");
  return shown.length <= 1 ? (shown[0] ?? "never") : `(${shown.join(" | ")})`;
}

function intersection(types: readonly string[]): string {
  const distinct = [...new Set(types)].filter((type) => type !== "unknown");
  return distinct.length <= 1 ? (distinct[0] ?? "unknown") : `(${distinct.join(" & ")})`;
}

function bare(type: string): string {
  return type.startsWith("(") ? type.slice(1, -1) : type;
}
