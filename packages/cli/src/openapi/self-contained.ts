import { isObject, type JsonSchema } from "@agentgate/site/codegen";

type Definitions = ReadonlyMap<string, JsonSchema>;

/** Letters of an output, and of an input, with what it refers to. A manifest of 30 such intents is read by our own client. */
export const outputLettersMax = 12 * 1024;
export const inputLettersMax = 32 * 1024;

export interface SelfContained {
  readonly schema: JsonSchema;
  /** What is described as any value of its type instead, for its size. */
  readonly cut: readonly string[];
}

/**
 * A schema together with the definitions it refers to, nearest first, as far as there is room. What is behind says no more
 * than its type: nobody checks outputs by it.
 */
export function selfContainedOutput(schema: JsonSchema, definitions: Definitions): SelfContained {
  const root = inlineRoot(schema, definitions);
  if (!isObject(root)) return { schema: root, cut: [] };
  let shallow: JsonSchema = root;
  for (let depth = 8; depth > 0 && lettersOf(shallow) > outputLettersMax; depth--) shallow = shallower(root, depth);
  const $defs: Record<string, JsonSchema> = {};
  const cut: string[] = [];
  let room = outputLettersMax - lettersOf(shallow);
  for (const name of reachable(shallow, definitions, (name) => $defs[name])) {
    const definition = definitions.get(name) ?? true;
    const letters = lettersOf(definition);
    if (letters <= room) $defs[name] = definition;
    else {
      cut.push(name);
      $defs[name] = outline(definition, definitions);
    }
    room -= Math.min(letters, room);
  }
  if (shallow !== root) cut.push("its inner values");
  return { schema: withDefinitions(shallow as Record<string, unknown>, $defs), cut };
}

/**
 * The same for an input, by which values are checked: its largest optional fields become any value of their type, one after the
 * other, until there is room. Never something inside of a field: that could change which alternative is meant.
 */
export function selfContainedInput(schema: JsonSchema, definitions: Definitions): SelfContained {
  if (!isObject(schema) || !isObject(schema.properties)) return { schema, cut: [] };
  const properties = new Map(Object.entries(schema.properties as Record<string, JsonSchema>));
  const sizes = new Map<string, number>();
  const sizeOf = (names: Iterable<string>) => {
    let size = 0;
    for (const name of names) size += sizes.get(name) ?? remember(name);
    return size;
  };
  const remember = (name: string) => {
    const size = lettersOf(definitions.get(name) ?? true);
    sizes.set(name, size);
    return size;
  };
  const weigh = () => {
    const current = { ...schema, properties: Object.fromEntries(properties) };
    const names = [...reachable(current, definitions)];
    return { current, names, letters: lettersOf(current) + sizeOf(names) };
  };
  const cut: string[] = [];
  let weighed = weigh();
  if (weighed.letters > inputLettersMax) {
    const weights = [...properties].map(([name, property]) => {
      const names = [...reachable(property, definitions)];
      return { name, letters: lettersOf(property) + sizeOf(names) };
    });
    weights.sort((a, b) => b.letters - a.letters);
    for (const { name, letters } of weights) {
      if (weighed.letters <= inputLettersMax || letters < 200) break;
      properties.set(name, outline(properties.get(name)!, definitions));
      cut.push(name);
      weighed = weigh();
    }
  }
  const $defs = Object.fromEntries(weighed.names.map((name) => [name, definitions.get(name) ?? true]));
  return { schema: withDefinitions(weighed.current, $defs), cut };
}

/** A root that is only a reference becomes the object itself, so that a reader finds `type` and `properties` at the top. */
function inlineRoot(schema: JsonSchema, definitions: Definitions): JsonSchema {
  let root = schema;
  for (let hops = 0; hops < 16 && isObject(root) && typeof root.$ref === "string"; hops++) {
    const { $ref, ...siblings } = root;
    const target = definitions.get(nameIn(String($ref))) ?? true;
    if (!isObject(target)) return Object.keys(siblings).length === 0 ? target : siblings;
    root = Object.keys(siblings).length === 0 ? target : { ...target, ...siblings };
  }
  return root;
}

const withDefinitions = (schema: Record<string, unknown>, $defs: Record<string, JsonSchema>): JsonSchema =>
  Object.keys($defs).length === 0 ? schema : { ...schema, $defs };

/** Names that are referred to, nearest first. @param within - where to look for further ones, asked after the name was given */
function* reachable(
  schema: JsonSchema,
  definitions: Definitions,
  within: (name: string) => JsonSchema | undefined = (name) => definitions.get(name),
): Generator<string> {
  const found = new Set(referencesIn(schema));
  for (const name of found) {
    if (!definitions.has(name)) continue;
    yield name;
    for (const next of referencesIn(within(name) ?? true)) found.add(next);
  }
}

const referencesByObject = new WeakMap<object, readonly string[]>();

function referencesIn(schema: JsonSchema): readonly string[] {
  if (!isObject(schema)) return [];
  let found = referencesByObject.get(schema);
  if (!found) {
    const names = new Set<string>();
    const queue: unknown[] = [schema];
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      if (typeof at !== "object" || at === null) continue;
      if ("$ref" in at && typeof at.$ref === "string") names.add(nameIn(at.$ref));
      for (const value of Object.values(at)) queue.push(value ?? null);
    }
    found = [...names];
    referencesByObject.set(schema, found);
  }
  return found;
}

const nameIn = (ref: string): string => ref.slice("#/$defs/".length);

const lettersByObject = new WeakMap<object, number>();

function lettersOf(schema: JsonSchema): number {
  if (!isObject(schema)) return 5;
  let letters = lettersByObject.get(schema);
  if (letters === undefined) {
    letters = JSON.stringify(schema).length;
    lettersByObject.set(schema, letters);
  }
  return letters;
}

/** No more than the type and a description. */
function outline(schema: JsonSchema, definitions: Definitions): JsonSchema {
  const root = inlineRoot(schema, definitions);
  if (!isObject(root)) return root;
  const description = isObject(schema) && schema.description !== undefined ? schema.description : root.description;
  return {
    ...(root.type !== undefined && { type: root.type }),
    ...(typeof description === "string" && { description: description.slice(0, 300) }),
  };
}

function shallower(value: unknown, depth: number): JsonSchema {
  if (!isObject(value)) return value as JsonSchema;
  if (depth === 0) return typeof value.type === "string" ? { type: value.type } : {};
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => {
      if (key === "properties" && isObject(entry))
        return [
          key,
          Object.fromEntries(Object.entries(entry).map(([name, part]) => [name, shallower(part, depth - 1)])),
        ];
      if (key === "items" || key === "additionalProperties") return [key, shallower(entry, depth - 1)];
      if ((key === "oneOf" || key === "anyOf" || key === "allOf") && Array.isArray(entry))
        return [key, entry.map((part) => shallower(part, depth - 1))];
      return [key, entry];
    }),
  );
}
