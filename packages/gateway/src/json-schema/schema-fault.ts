/** What a schema of an agent's may be. */
const DEPTH_MAX = 32;
const NODES_MAX = 5_000;
const LENGTH_MAX = 65_536;

/**
 * Why this schema cannot be used, as the rest of a sentence; undefined for one that can. Nothing is ever fetched: references lead into the
 * schema itself.
 */
export function schemaFault(schema: unknown): string | undefined {
  if (typeof schema === "boolean") return undefined;
  if (!isSchema(schema)) return "is no object";
  const counted = { nodes: 0, length: 0 };
  const fault = faultIn(schema, counted, 1);
  if (fault) return fault;
  return counted.length > LENGTH_MAX ? `has more than ${LENGTH_MAX} characters` : undefined;
}

/** Keywords that lead elsewhere by what is met on the way, which nobody can follow within bounds. */
const DYNAMIC = ["$dynamicRef", "$recursiveRef"];

function faultIn(value: unknown, counted: { nodes: number; length: number }, depth: number): string | undefined {
  if (typeof value === "string") counted.length += value.length;
  if (typeof value !== "object" || value === null) return undefined;
  if (depth > DEPTH_MAX) return `is nested more than ${DEPTH_MAX} deep`;
  if (++counted.nodes > NODES_MAX) return `has more than ${NODES_MAX} parts`;
  if (Array.isArray(value)) {
    for (const item of value) {
      const fault = faultIn(item, counted, depth + 1);
      if (fault) return fault;
    }
    return undefined;
  }
  for (const [name, member] of Object.entries(value)) {
    counted.length += name.length;
    if (name === "$ref" && typeof member === "string" && !member.startsWith("#")) {
      return "refers to something outside of itself ($ref)";
    }
    if (DYNAMIC.includes(name)) return `uses ${name}`;
    const fault = faultIn(member, counted, depth + 1);
    if (fault) return fault;
  }
  return undefined;
}

const isSchema = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
