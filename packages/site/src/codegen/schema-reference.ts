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

/** Every `$ref` string that can be reached from `schema`, with what it means. */
export function reachableReferences(schema: JsonSchema, root: JsonSchema): Map<string, JsonSchema | undefined> {
  const found = new Map<string, JsonSchema | undefined>();
  const queue: unknown[] = [schema];
  for (let at = queue.pop(); queue.length > 0 || at !== undefined; at = queue.pop()) {
    if (typeof at !== "object" || at === null) continue;
    if ("$ref" in at && typeof at.$ref === "string" && !found.has(at.$ref)) {
      const target = resolveReference(root, at.$ref);
      found.set(at.$ref, target);
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

function findDefinition(root: JsonSchema, name: string): JsonSchema | undefined {
  const queue: unknown[] = [root];
  while (queue.length > 0) {
    const at = queue.shift();
    if (typeof at !== "object" || at === null) continue;
    for (const [key, value] of Object.entries(at)) {
      if ((key === "$defs" || key === "definitions") && isObject(value) && Object.hasOwn(value, name)) {
        const definition = value[name];
        if (isSchema(definition)) return definition;
      }
      queue.push(value);
    }
  }
  return undefined;
}

function unescapePointer(segment: string): string {
  const plain = segment.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
