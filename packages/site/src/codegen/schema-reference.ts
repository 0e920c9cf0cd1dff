export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/**
 * Finds what `$ref` means inside `root`. Besides JSON pointers (RFC 6901) it accepts a pointer to a definition that a sloppy
 * generator left somewhere deeper (Pydantic schemas embedded under `properties`, for one): the first `$defs` or `definitions`
 * entry of that name.
 *
 * @returns undefined for a reference that leads nowhere or out of the document.
 */
export function resolveReference(root: JsonSchema, ref: string): JsonSchema | undefined {
  if (!ref.startsWith("#")) return undefined;
  const path = ref.slice(1).split("/").slice(1).map(unescapePointer);
  const target = path.reduce<unknown>(
    (at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined),
    root,
  );
  if (isSchema(target)) return target;
  const name = path.at(-1);
  return name === undefined ? undefined : findDefinition(root, name);
}

/** Every `$ref` string that can be reached from `schema`, with what it means; `undefined` when there are more than `max`. */
export function reachableReferences(
  schema: JsonSchema,
  root: JsonSchema,
  max: number,
): Map<string, JsonSchema | undefined> | undefined {
  const found = new Map<string, JsonSchema | undefined>();
  const queue: unknown[] = [schema];
  for (let at = queue.pop(); queue.length > 0 || at !== undefined; at = queue.pop()) {
    if (typeof at !== "object" || at === null) continue;
    if ("$ref" in at && typeof at.$ref === "string" && !found.has(at.$ref)) {
      const target = resolveReference(root, at.$ref);
      found.set(at.$ref, target);
      if (found.size > max) return undefined;
      queue.push(target ?? null);
    }
    for (const value of Object.values(at)) if (typeof value === "object" && value !== null) queue.push(value);
  }
  return found;
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "boolean" || isObject(value);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const definitionsByRoot = new WeakMap<object, Map<string, JsonSchema>>();

/** The first definition of each name, found once for each root. */
function findDefinition(root: JsonSchema, name: string): JsonSchema | undefined {
  if (typeof root !== "object") return undefined;
  let found = definitionsByRoot.get(root);
  if (!found) {
    found = new Map();
    definitionsByRoot.set(root, found);
    const queue: unknown[] = [root];
    for (let at = 0; at < queue.length; at++) {
      const one = queue[at];
      if (typeof one !== "object" || one === null) continue;
      for (const [key, value] of Object.entries(one)) {
        if ((key === "$defs" || key === "definitions") && isObject(value)) {
          for (const [name, definition] of Object.entries(value)) {
            if (isSchema(definition) && !found.has(name)) found.set(name, definition);
          }
        }
        queue.push(value);
      }
    }
  }
  return found.get(name);
}

function unescapePointer(segment: string): string {
  const plain = segment.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
