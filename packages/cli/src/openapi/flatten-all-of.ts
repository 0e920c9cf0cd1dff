import { isObject } from "@agentgate/site/codegen";

const annotations = new Set(["title", "description", "examples", "default", "deprecated"]);
const mergeable = new Set(["type", "properties", "required", ...annotations]);

/**
 * Merges `allOf` into one object schema where that cannot change what is valid: every branch is a plain object schema
 * (`type`, `properties`, `required`, annotations) and no two branches describe one property differently. Anything else, a
 * closed `additionalProperties` above all, stays an `allOf`.
 *
 * @param mayMerge - asked with the number of properties that would be written again
 */
export function flattenAllOf(
  schema: Record<string, unknown>,
  mayMerge: (properties: number) => boolean,
): Record<string, unknown> {
  if (!Array.isArray(schema.allOf)) return schema;
  const { allOf, ...own } = schema;
  const only = allOf.length === 1 && isObject(allOf[0]) ? allOf[0] : undefined;
  if (only && Object.keys(own).every((key) => annotations.has(key))) return { ...only, ...own };

  const branches = [...allOf, own];
  if (!branches.every(isPlainObjectSchema)) return schema;
  const properties = new Map<string, unknown>();
  const required = new Set<unknown>();
  for (const branch of branches) {
    const entries = Object.entries((branch.properties ?? {}) as object);
    if (!mayMerge(entries.length)) return schema;
    for (const [name, property] of entries) {
      const known = properties.get(name);
      if (known !== undefined && known !== property && JSON.stringify(known) !== JSON.stringify(property))
        return schema;
      properties.set(name, property);
    }
    for (const name of (branch.required ?? []) as unknown[]) required.add(name);
  }
  const described = Object.fromEntries(Object.entries(own).filter(([key]) => annotations.has(key)));
  return {
    ...described,
    type: "object",
    properties: Object.fromEntries(properties),
    ...(required.size > 0 && { required: [...required] }),
  };
}

/** Only `type: object`, `properties`, `required` and annotations. */
export function isPlainObjectSchema(value: unknown): value is Record<string, unknown> {
  return (
    isObject(value) &&
    (value.type === undefined || value.type === "object") &&
    (value.properties === undefined || isObject(value.properties)) &&
    Object.keys(value).every((key) => mergeable.has(key))
  );
}
