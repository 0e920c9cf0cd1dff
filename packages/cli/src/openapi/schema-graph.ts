import { isObject } from "@agentgate/site/codegen";
import type { OpenApiDocument } from "./document.ts";
import { resolvePointer } from "./json-pointer.ts";
import { schemaKeywords, schemaLists, schemaMaps } from "./schema-keywords.ts";
import { Components } from "./strongly-connected.ts";

/** Which way the data travels: `readOnly` properties leave inputs, `writeOnly` properties leave outputs. */
export type Direction = "input" | "output";

const markOf = { input: "readOnly", output: "writeOnly" } as const;

interface Edges {
  /** What is said of the same value as well: `$ref`, `allOf`. */
  readonly also: readonly string[];
  /** What is said of the same value under a condition: `oneOf`, `anyOf`, `not`, `if`. */
  readonly perhaps: readonly string[];
  /** All of them and those of the parts. */
  readonly all: readonly string[];
  readonly isMarked: boolean;
}

/** How the referenced schemas of a document hang together. Each is looked at once. */
export class SchemaGraph {
  readonly document: OpenApiDocument;
  readonly #targets = new Map<string, unknown>();
  readonly #edges = new Map<string, Edges>();
  readonly #inPlace = new Components<string>((ref) => [...this.#edgesOf(ref).also, ...this.#edgesOf(ref).perhaps]);
  readonly #perhaps = new Components<string>((ref) => this.#edgesOf(ref).perhaps);
  readonly #directional = new Map<string, boolean>();
  readonly #hidden = { input: new WeakMap<object, Set<string>>(), output: new WeakMap<object, Set<string>>() };
  readonly #marked = { input: new WeakMap<object, boolean>(), output: new WeakMap<object, boolean>() };
  readonly #mentioned = new Map<string, ReadonlySet<string>>();

  constructor(document: OpenApiDocument) {
    this.document = document;
  }

  /** What a reference means; undefined when it leads nowhere, or to the whole document, which is no schema. */
  resolve(ref: string): unknown {
    if (this.#targets.has(ref)) return this.#targets.get(ref);
    const target = this.#find(ref);
    this.#targets.set(ref, target);
    return target;
  }

  #find(ref: string): unknown {
    const target = resolvePointer(this.document, ref);
    return typeof target === "boolean" || (isObject(target) && !("openapi" in target && "paths" in target))
      ? target
      : undefined;
  }

  /** Checking a value by `from` would lead to `to` and back without a step into the value. */
  inCircle(from: string, to: string): boolean {
    return this.#inPlace.inCircle(from, to);
  }

  /** The same by alternatives and conditions alone. */
  inCircleOfAlternatives(from: string, to: string): boolean {
    return this.#perhaps.inCircle(from, to);
  }

  /** Whether inputs and outputs may differ. */
  isDirectional(ref: string): boolean {
    const known = this.#directional.get(ref);
    if (known !== undefined) return known;
    const seen = new Set([ref]);
    for (const at of seen) {
      if (this.#directional.get(at) ?? this.#edgesOf(at).isMarked) {
        this.#directional.set(ref, true);
        return true;
      }
      if (this.#directional.get(at) === false) continue;
      for (const next of this.#edgesOf(at).all) seen.add(next);
    }
    for (const at of seen) this.#directional.set(at, false);
    return false;
  }

  /** References in place of which `schema` may stand: in `branch` of a composition, without a step into the value. */
  inPlace(schema: unknown): string[] {
    const { also, perhaps } = edgesOf(schema);
    return [...also, ...perhaps];
  }

  /** Properties that do not travel in `direction`, wherever in place of the schema it is said. */
  hidden(schema: Record<string, unknown>, direction: Direction): ReadonlySet<string> {
    const known = this.#hidden[direction].get(schema);
    if (known) return known;
    const hidden = new Set<string>();
    for (const part of this.#partsInPlace(schema)) {
      for (const [name, property] of Object.entries(isObject(part.properties) ? part.properties : {})) {
        if (!hidden.has(name) && this.#isMarked(property, direction)) hidden.add(name);
      }
    }
    this.#hidden[direction].set(schema, hidden);
    return hidden;
  }

  /** The names of properties that a referenced schema describes or requires in place. */
  mentioned(ref: string): ReadonlySet<string> {
    let names = this.#mentioned.get(ref);
    if (!names) {
      const found = new Set<string>();
      for (const part of this.#partsInPlace({ $ref: ref })) {
        for (const name of Object.keys(isObject(part.properties) ? part.properties : {})) found.add(name);
        for (const name of Array.isArray(part.required) ? part.required : []) found.add(String(name));
      }
      names = found;
      this.#mentioned.set(ref, names);
    }
    return names;
  }

  #isMarked(property: unknown, direction: Direction): boolean {
    if (!isObject(property)) return false;
    const known = this.#marked[direction].get(property);
    if (known !== undefined) return known;
    this.#marked[direction].set(property, false); // what leads back to itself says nothing new
    const isMarked =
      property[markOf[direction]] === true ||
      (typeof property.$ref === "string" && this.#isMarked(this.resolve(property.$ref), direction)) ||
      (Array.isArray(property.allOf) && property.allOf.some((part) => this.#isMarked(part, direction)));
    this.#marked[direction].set(property, isMarked);
    return isMarked;
  }

  *#partsInPlace(schema: unknown): Generator<Record<string, unknown>> {
    const seen = new Set<unknown>();
    const queue: unknown[] = [schema];
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      if (!isObject(at) || seen.has(at)) continue;
      seen.add(at);
      yield at;
      if (typeof at.$ref === "string") queue.push(this.resolve(at.$ref) ?? null);
      for (const key of ["allOf", "anyOf", "oneOf"]) if (Array.isArray(at[key])) queue.push(...at[key]);
    }
  }

  #edgesOf(ref: string): Edges {
    let edges = this.#edges.get(ref);
    if (!edges) {
      edges = edgesOf(this.resolve(ref));
      this.#edges.set(ref, edges);
    }
    return edges;
  }
}

const certain = new Set(["allOf"]);
const conditional = new Set(["anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"]);

function edgesOf(schema: unknown): Edges {
  const also = new Set<string>();
  const perhaps = new Set<string>();
  const all = new Set<string>();
  let isMarked = false;
  const walk = (value: unknown, place: Set<string> | undefined): void => {
    if (!isObject(value)) return;
    if (value.readOnly === true || value.writeOnly === true) isMarked = true;
    if (typeof value.$ref === "string") {
      all.add(value.$ref);
      place?.add(value.$ref);
    }
    for (const [key, entry] of Object.entries(value)) {
      const below = certain.has(key) ? place : conditional.has(key) && place ? perhaps : undefined;
      if (schemaMaps.has(key) && isObject(entry)) for (const part of Object.values(entry)) walk(part, below);
      else if (schemaLists.has(key) && Array.isArray(entry)) for (const part of entry) walk(part, below);
      else if (schemaKeywords.has(key)) walk(entry, below);
    }
  };
  walk(schema, also);
  return { also: [...also], perhaps: [...perhaps], all: [...all], isMarked };
}
