import type { JsonSchema } from "@agentgate/protocol/site";

/**
 * The schema with definitions at its root, where references look for them: a Python site leaves them inside of the argument that they are
 * of. One that has them there already is answered as it is.
 */
export function withRootDefinitions(schema: JsonSchema): JsonSchema {
  const found = new Map<string, unknown>(Object.entries(definitionsOf(schema)));
  const before = found.size;
  collect(schema.properties, found);
  collect(schema.items, found);
  return found.size === before ? schema : { ...schema, $defs: Object.fromEntries(found) };
}

/** Of two definitions of one name the first stays: whatever refers to the other where that stands finds it there, or means the first. */
function collect(value: unknown, found: Map<string, unknown>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, definition] of Object.entries(definitionsOf(value as JsonSchema))) {
    if (!found.has(name)) found.set(name, definition);
  }
  for (const inner of Object.values(value)) collect(inner, found);
}

const definitionsOf = ({ $defs }: JsonSchema): Record<string, unknown> =>
  typeof $defs === "object" && $defs !== null ? ($defs as Record<string, unknown>) : {};
